"""Sends what is planned: claim, transmit, record, sweep. The table is the queue.

    due ──▶ claimed ──▶ transmitting ──▶ accepted
     ▲         │             │──────────▶ retry ──▶ (claimed …)
     └─────────┘             │──────────▶ failed
                             └──────────▶ unknown, or due once more

``suppressed``, ``superseded`` and ``expired`` end a delivery before it is transmitted. SMTP cannot
be exactly-once (RFC 1047): a worker that dies between the final dot and the record of the reply
leaves a message of which nobody can say whether it was taken. That window is the only one, and the
state says so. What a provider reports later, that it came back or that somebody complained, stands
beside the state and never changes it.
"""
