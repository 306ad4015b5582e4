"""Sensitivity: which layer of a suite notices which planted defect, after how long.

    from apiproof.faults import Study
    STUDY = Study(defects=DEFECTS, layers=(Suite("contract", ...), Access(), Pacts(), Stock()))

`apiproof faults run` runs the study that `[tool.apiproof] study` names. A process is forked
per defect, from one that has imported everything but the service. The package knows no service.
"""

from apiproof.faults.layers.access import Access
from apiproof.faults.layers.pacts import Pacts
from apiproof.faults.layers.stock import Stock
from apiproof.faults.layers.suite import Suite
from apiproof.faults.study import Layer, Study

__all__ = ["Access", "Layer", "Pacts", "Stock", "Study", "Suite"]
