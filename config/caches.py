"""The Redis cache, made to behave when Redis is away."""

from contextlib import suppress
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class PatientRedisCache(RedisCache):
    """Answers as an empty cache while Redis cannot be reached.

    Nothing true is kept only in the cache, so an outage may cost time but never a page: staff must
    be able to log in and read that mail is waiting.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().add(*args, **kwargs))
        except RedisError:
            return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError:
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        with suppress(RedisError):
            super().set(*args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().touch(*args, **kwargs))
        except RedisError:
            return False

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().delete(*args, **kwargs))
        except RedisError:
            return False

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return dict(super().get_many(*args, **kwargs))
        except RedisError:
            return {}

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().has_key(*args, **kwargs))
        except RedisError:
            return False
