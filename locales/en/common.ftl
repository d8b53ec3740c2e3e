# What stands on many pages: frame, columns, states, counts, and the forms that disable, enable and end.

panel-skip = To the content
panel-search = Search
panel-search-hint = Name, device, id, IP
panel-everything = Everything
panel-navigation = Panel
panel-sign-out = Sign out
live-live = Live
live-lost = Reconnecting…
live-out = Signed out
live-lines = {"{"}lines{"}"} shown, from {"{"}first{"}"} to {"{"}last{"}"}
panel-undo = Undo
overview-title = Overview
users-title = Users
devices-title = Devices
panel-tokens = Tokens
clients-title = Clients
keys-heading = Keys
audit-title = Audit
panel-account = Account
label-user = User
label-device = Device
label-state = State
label-last-used = Last used
label-username = Username
label-email = E-mail
label-roles = Roles
label-created = Created
label-client = Client
label-reason = Reason
label-when = When
label-what = What
label-who = Who
label-why = Why
label-more = More
label-details = Details
label-kind = Kind
label-token = Token
label-password = Password
label-new-password = New password
label-again = The same once more
word-none = none
word-not-known = not known
pager-pages = Pages
pager-first = First page
pager-previous = Previous page
pager-next = Next page
pager-last = Last page
list-form = List
list-find = Find
list-show-all = Show all
list-as-file = As a file
list-as-file-all = As a file, all pages:
list-no-more = There are no more.
list-bulk-all = Disable all that match…
list-bulk-enable-all = Enable all that match…
deeds-lost-or-stolen = Lost or stolen: disable
deeds-ask-new-password = Disable and ask for a new password
deeds-until = Until
deeds-until-enabled = enabled
deeds-until-hour = 1 hour has passed
deeds-until-today = the end of today (UTC)
deeds-until-week = 7 days have passed
deeds-until-time = the time below
deeds-until-field = Time, in UTC
deeds-together = Disable all devices, or all but one…
deeds-which = Which devices
deeds-all-of-them = all of them
deeds-disable-devices = Disable devices
deeds-elsewhere = A server that checks access tokens by itself sees it in the status list within a minute, or hears of it at once in the live feed; one that does neither learns of it when the last one expires.
deeds-change = Change the suspension
deeds-sign-out-everywhere = Sign out everywhere
deeds-final = This is final.
profile-email = E-mail (optional)
profile-roles = Roles in this panel
profile-admin = admin: everything
profile-support = support: devices and tokens of users without a role
profile-auditor = auditor: looks, changes nothing
language-tag = en
language-direction = ltr
language-choose = Language
panel-roles-none = no role
time-never = never
time-day = { $day } { time-month }
time-day-hour = { $day } { time-month } { $hour }
time-month = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
    }
share-part = { $whole }.{ $tenth } %
share-none = 0 %
share-all = 100 %
share-almost-none = &#60; 0.1 %
share-almost-all = &#62; 99.9 %
count-refreshes = { $number ->
    [0] No refreshes
    [one] 1 refresh
   *[other] { $number } refreshes
    }
count-times = { $number ->
    [one] 1 time
   *[other] { $number } times
    }
count-times-or-never = { $number ->
    [0] never
   *[other] { count-times }
    }
count-devices = { $number ->
    [0] No devices
    [one] 1 device
   *[other] { $number } devices
    }
count-tokens = { $number ->
    [0] No tokens
    [one] 1 token
   *[other] { $number } tokens
    }
count-users = { $number ->
    [0] No users
    [one] 1 user
   *[other] { $number } users
    }
count-people = { $people ->
    [0] No people
    [one] 1 person
   *[other] { $people } people
    }
number-word = { $number ->
    [0] no
    [1] one
    [2] two
    [3] three
    [4] four
    [5] five
    [6] six
    [7] seven
    [8] eight
    [9] nine
    [10] ten
    [11] eleven
    [12] twelve
   *[other] { $number }
    }
badge-active = active
badge-disabled = disabled
badge-disabled-until = disabled until { $until }
badge-signed-out = signed out
badge-expired = expired
badge-key-signs = signs
badge-key-next = next
badge-key-verifies = verifies only
badge-ended-ended-by-administrator = ended by administrator
badge-ended-logout = ended: logout
badge-ended-signed-out = ended: signed out
badge-ended-replaced = ended: replaced
badge-ended-password-changed = ended: password changed
badge-ended-too-many-grants = ended: too many grants
badge-ended-reuse = ended: reuse
badge-ended-revoked = ended: revoked
notice-user-changed = The changes are saved.
notice-user-deleted = The user is deleted.
notice-client-added = The client is added.
notice-client-disabled = The client is disabled. It gets nothing more.
notice-client-enabled = The client is enabled again.
notice-keys-rotated = The next key signs from now on. The one before verifies what it has signed.
notice-key-retired = The key is taken away. What it signed is refused.
notice-password-changed = Your password is changed. Everything else of yours is signed out.
notice-session-ended = The session has ended.
notice-setup = You are the first administrator. Welcome.
deeds-what = { $what ->
    [user] user
    [device] device
    [token] token
    [client] client
   *[all] all of them
    }
deeds-enable = Enable { deeds-what }
deeds-disable = Disable { deeds-what }
deeds-end = End { deeds-what } for good
deeds-final-for-device = Enabling does not bring it back: the device must sign in again.
deeds-all-but = all but <bdi>{ $device }</bdi>
usual-lost = Lost or stolen
usual-left = Left the company
usual-asked = Asked by the user
usual-suspicious = Suspicious activity
usual-sold = Sold or given away
usual-found = Found again
usual-mistake = Disabled by mistake
usual-back = Back at the company
usual-a-mistake = A mistake
usual-not-needed = No longer needed
who-deleted = a deleted user ({ $kind })
who-named = { $name } ({ $kind })
who-admin = admin
who-support = support
who-user = user
who-operator = operator
who-system = system
who-anonymous = anonymous
