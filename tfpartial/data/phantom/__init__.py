"""A procedural abdominal CT with complete truth: the embedded data of the demo and the tests."""

from tfpartial.data.phantom.case import PhantomCase, generate_case
from tfpartial.data.phantom.dataset import write_phantom
from tfpartial.data.phantom.organs import ORGANS

__all__ = ["ORGANS", "PhantomCase", "generate_case", "write_phantom"]
