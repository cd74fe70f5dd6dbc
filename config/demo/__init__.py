"""The demo: the made-up city of San Arroyo and the office of its council member for District 4.

Everything goes through the same actions as in life. Dates are relative to the day it is loaded.
"""

# What `manage.py up` prints while the demo is what the database holds.
STAFF_LOGIN = "rosa@plazuela.example"
STAFF_PASSWORD = "plaza-mayor-1821"  # noqa: S105  printed for everyone who runs the demo
#: A second account, an editor: may write, may not post letters or change the office.
EDITOR_LOGIN = "tom@plazuela.example"

OFFICE_SLUG = "district-4"
