# The lists with their filters, clients, keys, and acts on many at once.

users-new = New user
users-none = No user is like that.
devices-about = To find somebody's, search for the user or the device.
devices-none-like = No device is like that.
devices-none = Nobody has signed in on a device.
devices-last-sign-in = Last sign-in
devices-first-used = First used
bulk-title = Bulk acts
tokens-none-like = No token is like that.
tokens-none = Nobody has signed in.
tokens-signed-in = Signed in
clients-new = New client
clients-all = All clients
clients-grant-types = Grant types
clients-scopes = Scopes
clients-audiences = Audiences
clients-redirect-uris = Redirect URIs
clients-added = Added
clients-make-secret = Make a new secret
clients-make-secret-open = Make a new secret…
clients-make-secret-about = The secret that the client has now is worth nothing from then on. The new one is shown once.
clients-new-about = A public client is an app on a device or in a browser, which cannot keep a secret. A confidential one runs on a server of yours and gets a secret, shown once.
clients-kind-public = public: cannot keep a secret
clients-kind-confidential = confidential: gets a secret
clients-grant-refresh = refresh_token: signs users in
clients-grant-own = client_credentials: acts for itself, if confidential
clients-add = Add client
keys-about = Access tokens are signed with one of them; servers that check tokens know them all. The next one is published for its time to come, a former one until its last token has expired.
keys-rotate = Rotate now
keys-take-away-open = Take away…
keys-take-away = Take this key away
refusals-none-like = Nothing of that kind has been refused.
refusals-none = Nothing has been refused.
bulk-about = Where many users, devices or tokens were disabled or enabled at once, from their lists or by the nightly policy. Each can be undone.
bulk-none = Nothing was done to many at once.
bulk-begun = Begun
bulk-disabled = Disabled
bulk-enabled = Enabled
bulk-look-again = Look again
bulk-only-who-looked = Only whoever has looked can disable what was found.
bulk-only-who-looked-enables = Only whoever has looked can enable what was found.
bulk-undo-open = Undo…
bulk-undo-about = Those are enabled again that this act disabled and that are still disabled by it. What somebody has enabled, or disabled anew, stays as it is.
bulk-undo-enabling-about = Those are disabled again that this act enabled and that nobody has touched since, until when and for the reason that they were. What somebody has disabled, or enabled anew, stays as it is.
bulk-gone = They are gone by now.
bulk-now = Now
bulk-count = Count and show them
bulk-to-list = Back to the list
new-user-about = You get a link to hand over, good once and for an hour, by which the user sets a password.
new-user-create = Create user
list-all = all
list-order = Order
list-since = Since, in UTC
list-before = Before, in UTC
list-not-since = No sign-in since, in UTC
list-kind = Kind, as the app calls it
list-client-id = Client id
users-query = Name, e-mail or id
users-state-active = active
users-state-disabled = disabled
users-role = Role
users-all = all users
users-order-name = by name
users-order-name-down = by name, from the end
users-order-newest = newest first
users-order-oldest = oldest first
devices-used = used { $last }
devices-not-disabled = not disabled
devices-order-newest = first used, newest first
devices-order-oldest = first used, oldest first
devices-order-signed-in-latest = last sign-in, latest first
devices-order-signed-in-longest = last sign-in, longest ago first
tokens-title = Refresh tokens
tokens-about = One for each sign-in, the latest first. To find somebody's, search for the user or the device.
tokens-about-by-end = One for each sign-in, the latest day of expiry first. To find somebody's, search for the user or the device.
tokens-expires = expires { $end }
tokens-live = live
tokens-disabled = disabled
tokens-ended = ended
tokens-expired = expired
clients-about = Apps that sign users in, and services that get tokens for themselves. An app that names no client is <code>{ $client }</code>.
clients-own-audience = the server's
clients-if-disabled = “<bdi>{ $client }</bdi>” gets nothing more within a second, and neither do those who signed in with it.
clients-new-title = New client
clients-id = Client id
clients-id-hint = 3 to 64 of a-z, 0-9, dot, dash and underscore.
clients-name = Name (optional)
clients-name-hint = What people call it.
clients-scopes-field = Scopes (optional)
clients-scopes-hint = What it may ask for, with spaces between.
clients-audiences-field = Audiences (optional)
clients-audiences-hint = For whom its access tokens can be, with spaces between; the first by default. Without any, the server&#39;s own.
clients-redirect-uris-field = Redirect URIs (optional)
clients-redirect-uris-hint = Where a browser may be sent back to, with spaces between.
keys-title = Signing keys
keys-made = Made { $made }
keys-signing = Made { $made }, signs since { $since }
keys-signed = Made { $made }, signs since { $since } until { $until }
keys-never-signed = Made { $made } until { $until }
keys-encrypted-heading = Encrypted access tokens
keys-encrypted-about = Access tokens for these audiences are encrypted as well, so that only their resource servers can read them. <code>doorward audience set-key</code> registers a public key, <code>doorward audience remove-key</code> takes it away.
keys-encrypted-since = Encrypted since { $since }
keys-take-away-about = <strong>This is final</strong>, and for a key that others may have: every access token that it signed is refused from now on, and apps must refresh.
refusals-title = Refusals
refusals-about = Sign-ins, refreshes and forms that were refused, newest first. Of one kind for one user or token the latest twenty are kept; all are counted. <a href="{ $audit }">What was done</a> stands apart. <a href="{ $why }">Why was this refused?</a> tells what a request id or a token is about.
bulk-some-of = { $what ->
    [users] { $number ->
        [one] Some of the 1 user
       *[other] Some of the { $number } users
    }
    [devices] { $number ->
        [one] Some of the 1 device
       *[other] Some of the { $number } devices
    }
   *[tokens] { $number ->
        [one] Some of the 1 token
       *[other] Some of the { $number } tokens
    }
    }
bulk-these = { $what ->
    [users] { $number ->
        [0] The No users
        [one] The 1 user
       *[other] The { $number } users
    }
    [devices] { $number ->
        [0] The No devices
        [one] The 1 device
       *[other] The { $number } devices
    }
   *[tokens] { $number ->
        [0] The No tokens
        [one] The 1 token
       *[other] The { $number } tokens
    }
    }
bulk-how-many = { $what ->
    [users] { count-users }
    [devices] { count-devices }
   *[tokens] { count-tokens }
    }
bulk-preview-title = Disable { bulk-how-many }?
bulk-preview-enable-title = Enable { bulk-how-many }?
bulk-act-title = { bulk-how-many } at once
bulk-done-disabled = { bulk-how-many } disabled
bulk-done-enabled = { bulk-how-many } enabled
bulk-disabled-so-far = { $again ->
    [yes] { $number } disabled again so far.
   *[no] { $number } disabled so far.
    }
bulk-enabled-so-far = { $again ->
    [yes] { $number } enabled again so far.
   *[no] { $number } enabled so far.
    }
bulk-badge-not-begun = not begun
bulk-badge-under-way = under way
bulk-badge-being-undone = being undone
bulk-badge-undone = undone
bulk-badge-done = done
bulk-state-not-disabled = not disabled
bulk-state-meanwhile = disabled meanwhile
bulk-state-disabled = disabled
bulk-state-enabled = enabled again
bulk-state-disabled-again = disabled again
bulk-state-now-enabled = enabled
bulk-state-enabled-meanwhile = enabled meanwhile
bulk-state-not-yet = not yet
bulk-state-left-alone = left alone
bulk-if-users = { $number ->
    [one] { count-users } gets nothing more on any device, access tokens that are out included, and cannot sign in, to the panel neither, until enabled. Never among them are you, and the last administrator who can sign in.
   *[other] { count-users } get nothing more on any device, access tokens that are out included, and cannot sign in, to the panel neither, until enabled. Never among them are you, and the last administrator who can sign in.
    }
bulk-if-devices = { $number ->
    [one] { count-devices } gets nothing more, access tokens that are out included, and nobody can sign in there until enabled.
   *[other] { count-devices } get nothing more, access tokens that are out included, and nobody can sign in there until enabled.
    }
bulk-if-tokens = { $number ->
    [one] { count-tokens } gets nothing more, access tokens that are out included. Their users can sign in anew.
   *[other] { count-tokens } get nothing more, access tokens that are out included. Their users can sign in anew.
    }
bulk-if-enabled = { $number ->
    [one] { bulk-how-many } works again with what it had before; what is disabled above or below stays so.
   *[other] { bulk-how-many } work again with what they had before; what is disabled above or below stays so.
    }
bulk-meanwhile-unused = Nothing else is touched than was found. What is used, disabled or ended meanwhile is left alone.
bulk-meanwhile = Nothing else is touched than was found. What is disabled or ended meanwhile is left alone.
bulk-meanwhile-enabled = Nothing else is touched than was found. What is enabled, disabled anew or ended meanwhile is left alone.
bulk-can-be-undone = All of it can be undone by one press.
bulk-filter-kind = kind { $value }
bulk-filter-client = client { $value }
bulk-filter-network = last used from { $value }
bulk-filter-not-since = no sign-in since { $value }
bulk-filter-unused = not used for { $value } days
bulk-fact-filter = Looked for
bulk-fact-by = By
bulk-fact-looked = Looked
bulk-fact-found = Found
bulk-fact-until = Until
bulk-fact-finished = Finished
bulk-fact-undone-by = Undone by
bulk-fact-why-undone = Why undone
bulk-fact-undone = Undone
bulk-fact-enabled = Enabled again
bulk-fact-disabled = Disabled again
bulk-new-devices-title = Disable many devices
bulk-new-tokens-title = Disable many tokens
bulk-new-kind = Kind, as the app calls it (optional)
bulk-new-client = Client id (optional)
bulk-new-network = Last used from this network (optional)
bulk-new-unused = Not used for so many days (optional)
bulk-new-not-since = No sign-in since, in UTC (optional)
new-user-title = New user
bulk-new-users-title = Disable many users
bulk-new-enable-users-title = Enable many users
bulk-new-enable-devices-title = Enable many devices
bulk-new-enable-tokens-title = Enable many tokens
bulk-new-about = { $what ->
    [users] Say which users are meant. They are counted and shown first; nothing is disabled yet. Those that are disabled already are not counted, nor are you.
    [devices] { $reach ->
        [all] Say which devices are meant. They are counted and shown first; nothing is disabled yet. Those that are disabled already are not counted.
       *[users] Say which devices are meant. They are counted and shown first; nothing is disabled yet. Those that are disabled already are not counted, nor are those of users with a role.
    }
   *[tokens] { $reach ->
        [all] Say which tokens are meant. They are counted and shown first; nothing is disabled yet. Those that are disabled, ended or expired already are not counted.
       *[users] Say which tokens are meant. They are counted and shown first; nothing is disabled yet. Those that are disabled, ended or expired already are not counted, nor are those of users with a role.
    }
    }
bulk-new-enable-about = { $what ->
    [users] Say which users are meant. They are counted and shown first; nothing is enabled yet. Only those that are disabled are counted.
    [devices] { $reach ->
        [all] Say which devices are meant. They are counted and shown first; nothing is enabled yet. Only those that are disabled are counted.
       *[users] Say which devices are meant. They are counted and shown first; nothing is enabled yet. Only those that are disabled are counted, by support, of users without a role.
    }
   *[tokens] { $reach ->
        [all] Say which tokens are meant. They are counted and shown first; nothing is enabled yet. Only those that are disabled are counted, of which none has ended or expired.
       *[users] Say which tokens are meant. They are counted and shown first; nothing is enabled yet. Only those that are disabled are counted, of which none has ended or expired, by support, of users without a role.
    }
    }
bulk-new-hint = { $what ->
    [users] What counts as use is a sign-in, here or on a device, a refresh, and to have been made lately. All that is said here must be true of each; with nothing said, all are meant.
    [devices] A device is used by a sign-in or a refresh. All that is said here must be true of each; with nothing said, all are meant.
   *[tokens] A device is used by a sign-in or a refresh. For addresses all tokens are read, for four seconds at the most. All that is said here must be true of each; with nothing said, all are meant.
    }
bulk-new-hint-enable = All that is said here must be true of each; with nothing said, all are meant.
bulk-new-query = Name or e-mail begins with (optional)
bulk-new-role = Role (optional)
bulk-new-any-role = any or none
bulk-new-no-role = without a role
bulk-new-actor = Disabled by (username or id, or system or operator) (optional)
bulk-new-since = Disabled since, in UTC (optional)
bulk-new-before = Disabled before, in UTC (optional)
bulk-new-reason = The reason has (optional)
bulk-new-disable-instead = Disable many instead
bulk-new-enable-instead = Enable many instead
bulk-filter-prefix = name or e-mail begins as typed
bulk-filter-no-role = no role
bulk-filter-role = role { $value }
bulk-filter-since = disabled since { $value }
bulk-filter-before = disabled before { $value }
bulk-filter-by = disabled by { $value }
bulk-filter-reason = reason has { $value }
