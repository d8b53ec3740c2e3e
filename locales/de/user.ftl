# The page of a user: what acts do and did, and the time line.

user-id = Id
user-make-link = Passwort-Link anlegen
user-change-open = Name, E-Mail oder Rollen ändern…
user-save = Speichern
user-delete-open = Löschen…
user-all-audit = Alles davon im Audit-Log
user-one-device = Ein Gerät
user-all-devices = Alle Geräte und Tokens dieses Benutzers
user-no-device = Der Benutzer hat sich auf keinem Gerät angemeldet.
user-happened-on-it = Was darauf geschah
user-time-line = Zeitleiste
user-time-line-about = Was getan und was abgewiesen wurde, nach Gerät, das Neueste zuerst. Erneuerungen werden beim Gerät gezählt. Von einer Art Abweisung bleiben die letzten zwanzig.
user-time-line-no-more = Mehr gibt es nicht.
user-time-line-none = Noch ist nichts geschehen.
user-device-gone = Ein Gerät, das es nicht mehr gibt
user-as-a-whole = Der Benutzer als Ganzes
user-no-token = Es gibt keines.
user-some-device = Ein Gerät
user-refresh-tokens = Refresh-Tokens
delete-user = Benutzer löschen
delete-user-back = Nein, zurück zum Benutzer
line-from = Von
line-with = Mit
line-why-refused = warum wurde das abgewiesen?
tried-again = erneut versucht
user-device-used = Zuletzt benutzt { $last }, zuerst { $first }
user-token-used = Angemeldet { $since }, zuletzt benutzt { $last }, läuft ab { $end }
user-token-bound = An einen Schlüssel der App gebunden: für andere wertlos
delete-user-title = Diesen Benutzer löschen?
delete-user-about = <strong><bdi>{ $username }</bdi></strong> und alles von dieser Person wird gelöscht: Geräte, Anmeldungen, Adressen. Das Audit-Log behält die bloße Id.
delete-user-final = <strong>Das ist endgültig.</strong> Um jemanden eine Weile auszuschließen, sperren Sie den Benutzer.
consequence-nobody-works = <bdi>{ $name }</bdi> ist gesperrt: Kein Gerät dieses Benutzers bekommt etwas.
consequence-others = { $number ->
    [0] <bdi>{ $name }</bdi> ist auf keinem anderen Gerät angemeldet.
    [one] Das eine andere Gerät von <bdi>{ $name }</bdi> bleibt angemeldet.
   *[other] Die { number-word } anderen Geräte von <bdi>{ $name }</bdi> bleiben angemeldet.
    }
consequence-if-disabled = { $number ->
    [0] <bdi>{ $name }</bdi> ist auf keinem Gerät angemeldet.
    [one] Das eine Gerät von <bdi>{ $name }</bdi> bekommt binnen einer Sekunde nichts mehr.
   *[other] Die { number-word } Geräte von <bdi>{ $name }</bdi> bekommen binnen einer Sekunde nichts mehr.
    }
consequence-if-devices-disabled = { $number ->
    [0] <bdi>{ $name }</bdi> ist auf keinem Gerät angemeldet.
    [one] Das eine Gerät von <bdi>{ $name }</bdi> bekommt binnen einer Sekunde nichts mehr.
   *[other] Die { number-word } Geräte von <bdi>{ $name }</bdi> bekommen binnen einer Sekunde nichts mehr, außer dem ausgenommenen.
    }
consequence-if-ended = { $number ->
    [0] <bdi>{ $name }</bdi> ist auf keinem Gerät angemeldet.
    [one] Das eine Gerät von <bdi>{ $name }</bdi> muss sich neu anmelden.
   *[other] Die { number-word } Geräte von <bdi>{ $name }</bdi> müssen sich neu anmelden.
    }
consequence-now-disabled = { $number ->
    [0] <bdi>{ $name }</bdi> ist auf keinem Gerät angemeldet.
    [one] Das eine Gerät von <bdi>{ $name }</bdi> bekommt nichts mehr.
   *[other] Die { number-word } Geräte von <bdi>{ $name }</bdi> bekommen nichts mehr.
    }
consequence-user-again = <bdi>{ $name }</bdi> bekommt jetzt schon nichts; dies setzt einen anderen Grund und ein anderes Ende.
consequence-user-nowhere = <bdi>{ $name }</bdi> kann sich bis zum Entsperren nirgends anmelden.
consequence-devices-until-enabled = Niemand kann sich auf ihnen anmelden, bis sie entsperrt werden.
consequence-new-device = Wer das Passwort kennt, kann sich weiter auf einem neuen Gerät anmelden.
consequence-device-again = „<bdi>{ $device }</bdi>“ bekommt jetzt schon nichts; dies setzt einen anderen Grund und ein anderes Ende.
consequence-device-shut-out = „<bdi>{ $device }</bdi>“ bleibt ausgeschlossen, wenn der Benutzer wieder entsperrt wird.
consequence-device = „<bdi>{ $device }</bdi>“ bekommt binnen einer Sekunde nichts mehr.
consequence-device-signed-out = „<bdi>{ $device }</bdi>“ ist abgemeldet; niemand kann sich darauf anmelden, bis es entsperrt wird.
consequence-device-ends = „<bdi>{ $device }</bdi>“ bekommt nichts mehr, bis sich jemand wieder darauf anmeldet.
consequence-token = „<bdi>{ $device }</bdi>“ bekommt binnen einer Sekunde durch diese Anmeldung nichts mehr; eine neue ist möglich.
outcome-devices-disabled = { $number ->
    [one] <bdi>{ $name }</bdi>: Ein Gerät ist gesperrt.
   *[other] <bdi>{ $name }</bdi>: { number-word } Geräte sind gesperrt.
    }
outcome-devices-disabled-until = { $number ->
    [one] <bdi>{ $name }</bdi>: Ein Gerät ist bis { $until } gesperrt.
   *[other] <bdi>{ $name }</bdi>: { number-word } Geräte sind bis { $until } gesperrt.
    }
outcome-devices-enabled = { $number ->
    [one] <bdi>{ $name }</bdi>: Ein Gerät ist wieder entsperrt.
   *[other] <bdi>{ $name }</bdi>: { number-word } Geräte sind wieder entsperrt.
    }
outcome-subject = { $what ->
    [user] <bdi>{ $name }</bdi>
    [device] „<bdi>{ $name }</bdi>“
   *[token] Das Token auf „<bdi>{ $name }</bdi>“
    }
outcome-disabled = { outcome-subject } ist gesperrt.
outcome-disabled-until = { outcome-subject } ist bis { $until } gesperrt.
outcome-enabled = { outcome-subject } ist wieder entsperrt.
outcome-user-ended = { outcome-subject } ist überall abgemeldet.
outcome-device-ended = { outcome-subject } ist endgültig abgemeldet.
outcome-token-ended = { outcome-subject } ist endgültig beendet.
ends-stopped = Das Erneuern hat aufgehört: Seit { $since } wird jede Erneuerung abgewiesen.
ends-none-out = Kein Access-Token ist ausgegeben.
ends-expired = Das letzte Access-Token ist um { $until } abgelaufen, für jeden Server.
ends-only-exp = Doorward selbst weist die Access-Tokens von da an ab; ein Ressourcenserver, der nur exp prüft, nimmt das letzte bis { $until } an.
agent-not-said = unbekanntem Programm
agent-on = { $program } auf { $system }
tried-times = { $more ->
    [yes] mindestens { count-times }
   *[no] { count-times }
    }
tried-how = ({ $why }): seitdem { tried-times }, zuletzt { $time }{ $from ->
    [known] {" "}von { $address }
   *[unknown] {""}
    } mit <bdi>{ $agent }</bdi>.
tried-of-this = <bdi>{ $device-name }</bdi> { tried-how }
tried-of-somebody = <a href="/admin/users/{ $user }?device={ $device }"><bdi>{ $device-name }</bdi></a> von <bdi>{ $username }</bdi> { tried-how }
uses-retries = { $retries ->
    [0] {""}
    [one] ; 1 verlorene Antwort erneut gegeben
   *[other] ; { $retries } verlorene Antworten erneut gegeben
    }
uses-never = { count-refreshes }{ uses-retries }.
uses-last = { count-refreshes }, zuletzt { $time }{ $from ->
    [known] {" "}von { $address }
   *[unknown] {""}
    } mit <bdi>{ $agent }</bdi>{ uses-retries }.
line-by = durch <bdi>{ $who }</bdi>
line-refused = abgewiesen: { $why }
line-refresh-refused = Erneuerung abgewiesen: { $why }
line-so-far = bisher { count-times }
line-fact = { $name } { $value }
