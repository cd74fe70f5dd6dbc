"""Facts about shifts and who claims them."""

from volunteers.models.claim import ShiftClaim
from volunteers.models.role import VolunteerRole
from volunteers.models.shift import Shift, ShiftStatus

__all__ = ["Shift", "ShiftClaim", "ShiftStatus", "VolunteerRole"]
