"""Ways through the code stay short (docs: the design's bounds on hops)."""

from apiproof.environment import Environment
from tests.bench import hops


def test_no_way_leads_through_more_files_than_the_design_admits(env: Environment) -> None:
    counts = list(hops.counted(env))
    assert len(counts) == 4
    for one in counts:
        assert one.files, one.name
        assert len(one.files) <= one.bound, f"{one.name}: {', '.join(one.files)}"
