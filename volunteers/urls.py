"""The addresses of the volunteers' pages. ``config/urls.py`` joins them with the others."""

from django.urls import path

from volunteers.staff import urls as staff
from volunteers.views import board, claims

#: Under the language's prefix.
pages = [
    path("volunteer/", board.board, name="shifts"),
    path("volunteer/shifts/<int:pk>/", board.shift_page, name="shift"),
    path("volunteer/shifts/<int:pk>/claim/", board.shift_claim, name="shift-claim"),
    path("volunteer/shifts/<int:pk>/claim/sent/", board.shift_claim_sent, name="shift-claim-sent"),
    *staff.pages,
]

#: Without a prefix: links with a token.
links = [
    path("claims/<str:token>/", claims.claim_page, name="claim"),
    path("claims/<str:token>/confirm/", claims.claim_confirm, name="claim-confirm"),
    path("claims/<str:token>/release/", claims.claim_release, name="claim-release"),
]
