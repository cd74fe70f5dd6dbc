"""The addresses of what the desk shows of all mail, under the language's prefix."""

from django.urls import path

from notifications import calls_desk, catalogue_desk, deliveries_desk, embed_desk

pages = [
    path("staff/calls/", calls_desk.call_sheet, name="staff-calls"),
    path("staff/calls/<int:pk>/", calls_desk.call, name="staff-call"),
    path("staff/calls/<int:pk>/note/", calls_desk.call_note, name="staff-call-note"),
    path("staff/deliveries/", deliveries_desk.deliveries, name="staff-deliveries"),
    path("staff/deliveries/why/", deliveries_desk.why, name="staff-why"),
    path("staff/deliveries/<int:pk>/", deliveries_desk.delivery, name="staff-delivery"),
    path("staff/embed/", embed_desk.embeds, name="staff-embeds"),
    path("staff/messages/", catalogue_desk.messages, name="staff-messages"),
    path("staff/messages/<slug:kind>/", catalogue_desk.message, name="staff-message"),
    path(
        "staff/messages/<slug:kind>/html/", catalogue_desk.message_html, name="staff-message-html"
    ),
]
