"""Machine code kept on disk by content: never stale, never raising, loaded without the compiler."""

from accel.cache.places import Place, find_places
from accel.cache.store import PlaceInfo, Store

__all__ = ["Place", "PlaceInfo", "Store", "find_places"]
