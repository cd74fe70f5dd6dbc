"""Subscriptions: asking, confirming, choosing, ending; and addresses that must get no mail."""
