"""Sensitivity: which layer of a suite notices which planted defect, after how long.

    from understudy.sensitivity import Study
    STUDY = Study(defects=DEFECTS, layers=(Suite("contract", ...), Access(), Pacts(), Stock()))

`understudy sensitivity` runs the study that `[tool.understudy] study` names. A process is forked
per defect, from one that has imported everything but the service. The package knows no service.
"""

from understudy.sensitivity.layers.access import Access
from understudy.sensitivity.layers.pacts import Pacts
from understudy.sensitivity.layers.stock import Stock
from understudy.sensitivity.layers.suite import Suite
from understudy.sensitivity.study import Layer, Study

__all__ = ["Access", "Layer", "Pacts", "Stock", "Study", "Suite"]
