"""The addresses of what the desk shows of all mail, under the language's prefix."""

from django.urls import path

from notifications import catalogue_desk, deliveries_desk, embed_desk

pages = [
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
