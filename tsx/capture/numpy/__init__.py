"""Functions over NumPy arrays and tsx.nn modules as graphs: NumPy's own protocols on proxies, no torch needed."""

from tsx.capture.numpy.door import NumpyDoor

__all__ = ["NumpyDoor"]
