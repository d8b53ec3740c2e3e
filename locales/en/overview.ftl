# The overview with its charts.

overview-how-much = How much happens
overview-span = Span
overview-counted = Active is who signs in or refreshes. Counted by all servers together, some seconds late. Times are in UTC.
overview-devices = { $devices ->
    [0] No devices
    [one] 1 device
   *[other] { $devices } devices
    }
overview-active = { $span ->
    [hour] About { count-people } and { overview-devices } were active in the last hour.
    [day] About { count-people } and { overview-devices } were active in the last 24 hours.
   *[month] About { count-people } and { overview-devices } were active in the last 30 days.
    }
overview-nobody-active = { $span ->
    [hour] Nobody was active in the last hour.
    [day] Nobody was active in the last 24 hours.
   *[month] Nobody was active in the last 30 days.
    }
overview-refreshing = How refreshing goes
overview-became = What became of them
overview-how-many = How many
overview-share = Share
overview-by-client = By client
overview-refreshes = Refreshes
overview-rotated = Rotated
overview-retried = Answered again
overview-reuse = Reuse
overview-refused = Refused
overview-client-unknown = not known, or not counted apart
overview-worth-a-look = Worth a look
overview-tried = Refresh tokens that are disabled, or whose device or user is, and that somebody goes on using: a lost phone that is in use, or an app that has not noticed.
overview-tried-all = All that was refused because of a disabled device
overview-used-by-two = Refresh tokens that were used by two: a stolen copy, or a device restored from a backup.
overview-lately = Lately
overview-whole-log = The whole audit log
overview-health = Health
overview-postgres = Postgres
overview-answers-within = Answers within
overview-migrations = Migrations
overview-migrated = up to date
overview-signs-with = Signs with
overview-next-rotation = Next rotation
chart-numbers = The numbers
chart-time = Time (UTC)
overview-refreshes-none = { $asked }. What becomes of each shows here, and for which client: rotated, answered again, refused, or an alarm.
overview-refreshes-some = { $asked }. Alarms of one client that begin with a release of it are no thieves: the app uses a token again that it should have replaced.
overview-asked = { $span ->
    [hour] { count-refreshes } asked for in the last hour
    [day] { count-refreshes } asked for in the last 24 hours
   *[month] { count-refreshes } asked for in the last 30 days
    }
overview-not-migrated = <span class="badge off">some are missing</span> Run <code>doorward migrate run</code>.
overview-postgres-private = private: this server runs it
overview-postgres-external = external: where DATABASE_URL leads
overview-milliseconds = { $whole }.{ $tenth } ms
overview-key = <code>{ $kid }</code>, made { $made }
overview-shared-secret = the shared secret (HS256)
overview-no-rotation = not by itself; signing_key_rotation is 0s
overview-span-hour = 1 hour
overview-span-day = 24 hours
overview-span-month = 30 days
overview-outcome-rotated = rotated
overview-outcome-retried = answered again, after a lost answer
overview-outcome-reused = reuse: the sign-in has ended
overview-outcome-refused = refused: { $why }
overview-cause = { $why }: { $number }
overview-with-share = { $number } ({ $share })
chart-during-hour = in the last hour
chart-during-day = in the last 24 hours
chart-during-month = in the last 30 days
chart-axis-end = { $time } UTC
chart-peak = Most at { $time }: { $number }.
chart-other-reasons = other reasons
chart-empty = { $what } { $slot ->
    [minute] One bar for each minute.
    [hour] One bar for each hour.
   *[day] One bar for each day.
    }
chart-sign-ins = { $number ->
    [0] No sign-ins
    [one] 1 sign-in
   *[other] { $number } sign-ins
    }
chart-sign-ins-empty = Sign-ins show here, of apps and in this panel.
chart-sign-in = sign-in
chart-sign-ins-refused = { $number ->
    [0] No refused sign-ins
    [one] 1 refused sign-in
   *[other] { $number } refused sign-ins
    }
chart-sign-ins-refused-empty = Sign-ins that are refused show here, by reason.
chart-refreshes = { $number ->
    [0] No answered refreshes
    [one] 1 answered refresh
   *[other] { $number } answered refreshes
    }
chart-refreshes-empty = Refreshes show here, once an app comes for its next access token.
chart-rotated = rotated
chart-retried = answered again
chart-refreshes-refused = { $number ->
    [0] No refused refreshes
    [one] 1 refused refresh
   *[other] { $number } refused refreshes
    }
chart-refreshes-refused-empty = Refreshes that are refused show here, by reason.
chart-reuse = { $number ->
    [0] No reuse alarms
    [one] 1 reuse alarm
   *[other] { $number } reuse alarms
    }
chart-reuse-empty = If a refresh token is used after it was replaced, it shows here, and its sign-in has ended.
chart-reused = reuse
chart-forms-refused = { $number ->
    [0] No refused forms
    [one] 1 refused form
   *[other] { $number } refused forms
    }
chart-forms-refused-empty = Forms of this panel that are refused show here, by reason, whoever sent them.
