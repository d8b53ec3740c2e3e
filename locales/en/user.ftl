# The page of a user: what acts do and did, and the time line.

user-id = Id
user-make-link = Make a password link
user-change-open = Change name, e-mail or roles…
user-save = Save
user-delete-open = Delete…
user-all-audit = All of it in the audit log
user-one-device = One device
user-all-devices = All devices and tokens of this user
user-no-device = The user has not signed in on any device.
user-happened-on-it = What happened on it
user-time-line = Time line
user-time-line-about = What was done and what was refused, by device, newest first. Refreshes are counted, at the device. Of one kind of refusal the latest twenty are kept.
user-time-line-no-more = There is no more.
user-time-line-none = Nothing has happened yet.
user-device-gone = A device that is gone
user-as-a-whole = The user as a whole
user-no-token = There is none.
user-some-device = A device
user-refresh-tokens = Refresh tokens
delete-user = Delete user
delete-user-back = No, back to the user
line-from = From
line-with = With
line-why-refused = why was it refused?
tried-again = tried again
user-device-used = Last used { $last }, first { $first }
user-token-used = Signed in { $since }, last used { $last }, expires { $end }
user-token-bound = Bound to a key of the app: worth nothing to anybody else
delete-user-title = Delete this user?
delete-user-about = <strong><bdi>{ $username }</bdi></strong> and everything of this person goes: devices, sign-ins, addresses. The audit log keeps the bare id.
delete-user-final = <strong>This is final.</strong> To keep somebody out for a while, disable the user.
consequence-nobody-works = <bdi>{ $name }</bdi> is disabled: no device of this user gets anything.
consequence-others = { $number ->
    [0] <bdi>{ $name }</bdi> is signed in on no other device.
    [one] <bdi>{ $name }</bdi>&#39;s one other device stays signed in.
   *[other] <bdi>{ $name }</bdi>&#39;s { number-word } other devices stay signed in.
    }
consequence-if-disabled = { $number ->
    [0] <bdi>{ $name }</bdi> is signed in on no device.
    [one] <bdi>{ $name }</bdi>&#39;s one device gets nothing more within a second.
   *[other] <bdi>{ $name }</bdi>&#39;s { number-word } devices get nothing more within a second.
    }
consequence-if-devices-disabled = { $number ->
    [0] <bdi>{ $name }</bdi> is signed in on no device.
    [one] <bdi>{ $name }</bdi>&#39;s one device gets nothing more within a second.
   *[other] <bdi>{ $name }</bdi>&#39;s { number-word } devices get nothing more within a second, but the one that is left out.
    }
consequence-if-ended = { $number ->
    [0] <bdi>{ $name }</bdi> is signed in on no device.
    [one] <bdi>{ $name }</bdi>&#39;s one device must sign in again.
   *[other] <bdi>{ $name }</bdi>&#39;s { number-word } devices must sign in again.
    }
consequence-now-disabled = { $number ->
    [0] <bdi>{ $name }</bdi> is signed in on no device.
    [one] <bdi>{ $name }</bdi>&#39;s one device gets nothing more.
   *[other] <bdi>{ $name }</bdi>&#39;s { number-word } devices get nothing more.
    }
consequence-user-again = <bdi>{ $name }</bdi> gets nothing now; this sets another reason and another end.
consequence-user-nowhere = <bdi>{ $name }</bdi> can sign in nowhere until enabled.
consequence-devices-until-enabled = Nobody can sign in on them until they are enabled.
consequence-new-device = Whoever knows the password can still sign in on a new device.
consequence-device-again = “<bdi>{ $device }</bdi>” gets nothing now; this sets another reason and another end.
consequence-device-shut-out = “<bdi>{ $device }</bdi>” stays shut out when the user is enabled again.
consequence-device = “<bdi>{ $device }</bdi>” gets nothing more within a second.
consequence-device-signed-out = “<bdi>{ $device }</bdi>” is signed out; nobody can sign in on it until it is enabled.
consequence-device-ends = “<bdi>{ $device }</bdi>” gets nothing more until somebody signs in on it again.
consequence-token = “<bdi>{ $device }</bdi>” gets nothing more by this sign-in within a second; a new one is possible.
outcome-devices-disabled = { $number ->
    [one] <bdi>{ $name }</bdi>: one device is disabled.
   *[other] <bdi>{ $name }</bdi>: { number-word } devices are disabled.
    }
outcome-devices-disabled-until = { $number ->
    [one] <bdi>{ $name }</bdi>: one device is disabled until { $until }.
   *[other] <bdi>{ $name }</bdi>: { number-word } devices are disabled until { $until }.
    }
outcome-devices-enabled = { $number ->
    [one] <bdi>{ $name }</bdi>: one device is enabled again.
   *[other] <bdi>{ $name }</bdi>: { number-word } devices are enabled again.
    }
outcome-subject = { $what ->
    [user] <bdi>{ $name }</bdi>
    [device] “<bdi>{ $name }</bdi>”
   *[token] The token on “<bdi>{ $name }</bdi>”
    }
outcome-disabled = { outcome-subject } is disabled.
outcome-disabled-until = { outcome-subject } is disabled until { $until }.
outcome-enabled = { outcome-subject } is enabled again.
outcome-user-ended = { outcome-subject } is signed out everywhere.
outcome-device-ended = { outcome-subject } is signed out for good.
outcome-token-ended = { outcome-subject } has ended for good.
ends-stopped = Refreshing has stopped: since { $since } every refresh is refused.
ends-none-out = No access token is out.
ends-expired = The last access token expired at { $until }, for every server.
ends-only-exp = Doorward itself refuses its access tokens from then on; a resource server that only checks exp accepts the last one until { $until }.
agent-not-said = an unnamed program
agent-on = { $program } on { $system }
tried-times = { $more ->
    [yes] { count-times } or more
   *[no] { count-times }
    }
tried-how = ({ $why }): { tried-times } since, last at { $time }{ $from ->
    [known] {" "}from { $address }
   *[unknown] {""}
    } with <bdi>{ $agent }</bdi>.
tried-of-this = <bdi>{ $device-name }</bdi> { tried-how }
tried-of-somebody = <a href="/admin/users/{ $user }?device={ $device }"><bdi>{ $device-name }</bdi></a> of <bdi>{ $username }</bdi> { tried-how }
uses-retries = { $retries ->
    [0] {""}
    [one] ; 1 lost answer given again
   *[other] ; { $retries } lost answers given again
    }
uses-never = { count-refreshes }{ uses-retries }.
uses-last = { count-refreshes }, last at { $time }{ $from ->
    [known] {" "}from { $address }
   *[unknown] {""}
    } with <bdi>{ $agent }</bdi>{ uses-retries }.
line-by = by <bdi>{ $who }</bdi>
line-refused = refused: { $why }
line-refresh-refused = refresh refused: { $why }
line-so-far = { count-times } so far
line-fact = { $name } { $value }
