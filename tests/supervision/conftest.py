"""Supervision is tested in virtual time, on both backends."""

import pytest

from barterpy.testing import virtual_backends


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Both backends, in virtual time."""
    return request.param
