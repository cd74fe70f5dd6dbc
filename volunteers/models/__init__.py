"""Facts about shifts and who claims them."""

from volunteers.models.claim import ShiftClaim
from volunteers.models.role import RoleTranslation, VolunteerRole
from volunteers.models.shift import Shift, ShiftStatus, ShiftTranslation

__all__ = [
    "RoleTranslation",
    "Shift",
    "ShiftClaim",
    "ShiftStatus",
    "ShiftTranslation",
    "VolunteerRole",
]
