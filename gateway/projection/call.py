"""A request as the features take it: with the read model that they answer from."""

from gateway.projection.read_model import ReadModel
from gateway.web import call

Call = call.Call[ReadModel]
