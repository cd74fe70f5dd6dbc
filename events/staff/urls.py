"""The addresses of the staff desk, under the language's prefix."""

from django.urls import path

from events.staff import (
    access_board,
    access_request,
    event_edit,
    event_list,
    event_page,
    event_state,
    guest_files,
    guests,
    history,
    kind,
    members,
    office_notice,
    offices,
    programme,
    today,
    topics,
    venues,
)

_EVENT = "staff/events/<int:pk>/"
_ACCESS = "staff/access/<int:pk>/"
_GUEST = "staff/events/<int:event_pk>/guests/<int:pk>/"

pages = [
    path("staff/", today.today, name="staff"),
    path("staff/signed-in/", today.signed_in, name="staff-signed-in"),
    path("staff/kind/", kind.choose_kind, name="staff-kind"),
    path("staff/events/", event_list.event_list, name="staff-events"),
    path("staff/events/new/", event_edit.event_new, name="staff-event-new"),
    path(_EVENT, event_page.event_page, name="staff-event"),
    path(f"{_EVENT}edit/", event_edit.event_edit, name="staff-event-edit"),
    path(f"{_EVENT}post/", event_state.event_post, name="staff-event-post"),
    path(f"{_EVENT}reschedule/", event_state.event_reschedule, name="staff-event-reschedule"),
    path(f"{_EVENT}resume/", event_state.event_resume, name="staff-event-resume"),
    path(f"{_EVENT}postpone/", event_state.event_postpone, name="staff-event-postpone"),
    path(f"{_EVENT}cancel/", event_state.event_cancel, name="staff-event-cancel"),
    path(f"{_EVENT}delete/", event_state.event_delete, name="staff-event-delete"),
    path(f"{_EVENT}agenda/", programme.programme, name="staff-programme"),
    path(
        "staff/events/<int:event_pk>/documents/<int:pk>/", programme.document, name="staff-document"
    ),
    path(f"{_EVENT}history/", history.event_history, name="staff-event-history"),
    path(f"{_EVENT}guests/", guests.guests, name="staff-guests"),
    path(f"{_EVENT}guests/new/", guests.guest_new, name="staff-guest-new"),
    path(f"{_EVENT}guests/sheet/", guest_files.sign_in_sheet, name="staff-sign-in-sheet"),
    path(f"{_EVENT}guests.csv", guest_files.guests_csv, name="staff-guests-csv"),
    path(_GUEST, guests.guest, name="staff-guest"),
    path(f"{_GUEST}change/", guests.guest_change, name="staff-guest-change"),
    path(f"{_GUEST}cancel/", guests.guest_cancel, name="staff-guest-cancel"),
    path(f"{_GUEST}attended/", guests.guest_attended, name="staff-guest-attended"),
    path("staff/access/", access_board.board, name="staff-access"),
    path("staff/access/caller/", access_board.caller, name="staff-access-caller"),
    path(_ACCESS, access_request.access_request, name="staff-access-request"),
    path(f"{_ACCESS}take/", access_request.access_take, name="staff-access-take"),
    path(f"{_ACCESS}work/", access_request.access_work, name="staff-access-work"),
    path(f"{_ACCESS}arrange/", access_request.access_arrange, name="staff-access-arrange"),
    path(f"{_ACCESS}cannot/", access_request.access_cannot, name="staff-access-cannot"),
    path(f"{_ACCESS}reopen/", access_request.access_reopen, name="staff-access-reopen"),
    path(f"{_ACCESS}called-off/", access_request.access_called_off, name="staff-access-called-off"),
    path(f"{_ACCESS}told/", access_request.access_told, name="staff-access-told"),
    path("staff/venues/", venues.venue_list, name="staff-venues"),
    path("staff/venues/new/", venues.venue_new, name="staff-venue-new"),
    path("staff/venues/<int:pk>/", venues.venue_edit, name="staff-venue"),
    path("staff/topics/", topics.topic_list, name="staff-topics"),
    path("staff/topics/new/", topics.topic_new, name="staff-topic-new"),
    path("staff/topics/<slug:slug>/", topics.topic_edit, name="staff-topic"),
    path("staff/offices/", offices.office_list, name="staff-offices"),
    path("staff/offices/<slug:slug>/", offices.office_edit, name="staff-office"),
    path("staff/offices/<slug:slug>/notice/", office_notice.edit, name="staff-office-notice"),
    path("staff/members/", members.member_list, name="staff-members"),
    path("staff/members/<int:pk>/role/", members.member_role, name="staff-member-role"),
    path("staff/members/<int:pk>/remove/", members.member_remove, name="staff-member-remove"),
    path("staff/members/<int:pk>/link/", members.member_link, name="staff-member-link"),
]
