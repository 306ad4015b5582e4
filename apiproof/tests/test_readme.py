"""README's example runs as it is written; `python -m tests.test_readme FOLDER` writes it down."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def example(of: str) -> str:
    """The example of Python that mentions something."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [found] = [block for block in blocks if of in block]
    return str(found)


def test_the_cognito_example_runs(tmp_path: Path) -> None:
    path = tmp_path / "test_example.py"
    path.write_text(example("apiproof_cognito"), encoding="utf-8")
    done = subprocess.run(  # noqa: S603  # our own interpreter and example
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test_example.py").write_text(example("apiproof_cognito"), encoding="utf-8")
