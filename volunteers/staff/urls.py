"""The addresses of the volunteers' part of the staff desk, under the language's prefix."""

from django.urls import path

from volunteers.staff import (
    roles,
    roster,
    roster_files,
    shift_edit,
    shift_list,
    shift_new,
    shift_state,
    volunteer,
)

_SHIFT = "staff/shifts/<int:pk>/"
_VOLUNTEER = "staff/shifts/<int:shift_pk>/volunteers/<int:pk>/"

pages = [
    path("staff/shifts/", shift_list.shift_list, name="staff-shifts"),
    path("staff/shifts/new/", shift_new.shift_new, name="staff-shift-new"),
    path("staff/shifts/roles/", roles.role_list, name="staff-roles"),
    path("staff/shifts/roles/new/", roles.role_new, name="staff-role-new"),
    path("staff/shifts/roles/<int:pk>/", roles.role_edit, name="staff-role"),
    path(_SHIFT, roster.shift_page, name="staff-shift"),
    path(f"{_SHIFT}edit/", shift_edit.shift_edit, name="staff-shift-edit"),
    path(f"{_SHIFT}reschedule/", shift_edit.shift_reschedule, name="staff-shift-reschedule"),
    path(f"{_SHIFT}post/", shift_state.shift_post, name="staff-shift-post"),
    path(f"{_SHIFT}cancel/", shift_state.shift_cancel, name="staff-shift-cancel"),
    path(f"{_SHIFT}delete/", shift_state.shift_delete, name="staff-shift-delete"),
    path(f"{_SHIFT}roster/", roster_files.roster_sheet, name="staff-roster"),
    path(f"{_SHIFT}roster.csv", roster_files.roster_csv, name="staff-roster-csv"),
    path(f"{_SHIFT}volunteers/new/", volunteer.volunteer_new, name="staff-volunteer-new"),
    path(_VOLUNTEER, volunteer.volunteer_page, name="staff-volunteer"),
    path(f"{_VOLUNTEER}release/", volunteer.volunteer_release, name="staff-volunteer-release"),
    path(f"{_VOLUNTEER}attended/", volunteer.volunteer_attended, name="staff-volunteer-attended"),
]
