# What stands on many pages: frame, columns, states, counts, and the forms that disable, enable and end.

panel-skip = Zum Inhalt
panel-search = Suchen
panel-search-hint = Name, Gerät, Id, IP
panel-everything = Alles
panel-navigation = Verwaltung
panel-sign-out = Abmelden
live-live = Live
live-lost = Verbindet neu…
live-out = Abgemeldet
live-lines = {"{"}lines{"}"} gezeigt, von {"{"}first{"}"} bis {"{"}last{"}"}
panel-undo = Rückgängig
overview-title = Übersicht
users-title = Benutzer
devices-title = Geräte
panel-tokens = Tokens
clients-title = Clients
keys-heading = Schlüssel
audit-title = Audit
panel-account = Konto
label-user = Benutzer
label-device = Gerät
label-state = Status
label-last-used = Zuletzt benutzt
label-username = Benutzername
label-email = E-Mail
label-roles = Rollen
label-created = Angelegt
label-client = Client
label-reason = Grund
label-when = Wann
label-what = Was
label-who = Wer
label-why = Warum
label-more = Mehr
label-details = Einzelheiten
label-kind = Art
label-token = Token
label-password = Passwort
label-new-password = Neues Passwort
label-again = Noch einmal dasselbe
word-none = keine
word-not-known = nicht bekannt
pager-pages = Seiten
pager-first = Erste Seite
pager-previous = Vorige Seite
pager-next = Nächste Seite
pager-last = Letzte Seite
list-form = Liste
list-find = Finden
list-show-all = Alle zeigen
list-as-file = Als Datei
list-as-file-all = Als Datei, alle Seiten:
list-no-more = Mehr gibt es nicht.
list-bulk-all = Alle gefundenen sperren…
list-bulk-enable-all = Alle gefundenen entsperren…
deeds-lost-or-stolen = Verloren oder gestohlen: sperren
deeds-ask-new-password = Sperren und neues Passwort verlangen
deeds-until = Bis
deeds-until-enabled = zum Entsperren
deeds-until-hour = in 1 Stunde
deeds-until-today = heute Mitternacht (UTC)
deeds-until-week = in 7 Tagen
deeds-until-time = zur Zeit darunter
deeds-until-field = Zeit, in UTC
deeds-together = Alle Geräte sperren, oder alle außer einem…
deeds-which = Welche Geräte
deeds-all-of-them = alle
deeds-disable-devices = Geräte sperren
deeds-elsewhere = Ein Server, der Access-Tokens selbst prüft, sieht es binnen einer Minute in der Statusliste oder hört es sofort im Live-Feed; einer, der beides nicht tut, erfährt davon, wenn das letzte abläuft.
deeds-change = Sperre ändern
deeds-sign-out-everywhere = Überall abmelden
deeds-final = Das ist endgültig.
profile-email = E-Mail (freiwillig)
profile-roles = Rollen in dieser Verwaltung
profile-admin = admin: alles
profile-support = support: Geräte und Tokens der Benutzer ohne Rolle
profile-auditor = auditor: sieht alles, ändert nichts
language-tag = de
language-direction = ltr
language-choose = Sprache
panel-roles-none = keine Rolle
time-never = nie
time-day = { $day }. { time-month }
time-day-hour = { $day }. { time-month } { $hour }
time-month = { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sep.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
    }
share-part = { $whole },{ $tenth } %
share-none = 0 %
share-all = 100 %
share-almost-none = &#60; 0,1 %
share-almost-all = &#62; 99,9 %
count-refreshes = { $number ->
    [0] Keine Erneuerungen
    [one] 1 Erneuerung
   *[other] { $number } Erneuerungen
    }
count-times = { $number }-mal
count-times-or-never = { $number ->
    [0] nie
   *[other] { count-times }
    }
count-devices = { $number ->
    [0] Keine Geräte
    [one] 1 Gerät
   *[other] { $number } Geräte
    }
count-tokens = { $number ->
    [0] Keine Tokens
    [one] 1 Token
   *[other] { $number } Tokens
    }
count-users = { $number ->
    [0] Keine Benutzer
    [one] 1 Benutzer
   *[other] { $number } Benutzer
    }
count-people = { $people ->
    [0] keine Person
    [one] 1 Person
   *[other] { $people } Personen
    }
number-word = { $number ->
    [0] keine
    [1] eine
    [2] zwei
    [3] drei
    [4] vier
    [5] fünf
    [6] sechs
    [7] sieben
    [8] acht
    [9] neun
    [10] zehn
    [11] elf
    [12] zwölf
   *[other] { $number }
    }
badge-active = aktiv
badge-disabled = gesperrt
badge-disabled-until = gesperrt bis { $until }
badge-signed-out = abgemeldet
badge-expired = abgelaufen
badge-key-signs = signiert
badge-key-next = nächster
badge-key-verifies = prüft nur noch
badge-ended-ended-by-administrator = vom Administrator beendet
badge-ended-logout = beendet: Abmeldung
badge-ended-signed-out = beendet: abgemeldet
badge-ended-replaced = beendet: ersetzt
badge-ended-password-changed = beendet: Passwort geändert
badge-ended-too-many-grants = beendet: zu viele Anmeldungen
badge-ended-reuse = beendet: Wiederverwendung
badge-ended-revoked = beendet: widerrufen
notice-user-changed = Die Änderungen sind gespeichert.
notice-user-deleted = Der Benutzer ist gelöscht.
notice-client-added = Der Client ist angelegt.
notice-client-disabled = Der Client ist gesperrt. Er bekommt nichts mehr.
notice-client-enabled = Der Client ist wieder entsperrt.
notice-keys-rotated = Ab jetzt signiert der nächste Schlüssel. Der vorige prüft, was er signiert hat.
notice-key-retired = Der Schlüssel ist weggenommen. Was er signiert hat, wird abgewiesen.
notice-password-changed = Ihr Passwort ist geändert. Überall sonst sind Sie abgemeldet.
notice-session-ended = Die Sitzung ist beendet.
notice-setup = Sie sind der erste Administrator. Willkommen.
deeds-what = { $what ->
    [user] Benutzer
    [device] Gerät
    [token] Token
    [client] Client
   *[all] Alle
    }
deeds-enable = { deeds-what } entsperren
deeds-disable = { deeds-what } sperren
deeds-end = { deeds-what } endgültig beenden
deeds-final-for-device = Entsperren bringt es nicht zurück: Das Gerät muss sich neu anmelden.
deeds-all-but = alle außer <bdi>{ $device }</bdi>
usual-lost = Verloren oder gestohlen
usual-left = Hat die Firma verlassen
usual-asked = Vom Benutzer gewünscht
usual-suspicious = Verdächtige Aktivität
usual-sold = Verkauft oder weggegeben
usual-found = Wiedergefunden
usual-mistake = Versehentlich gesperrt
usual-back = Wieder in der Firma
usual-a-mistake = Ein Versehen
usual-not-needed = Nicht mehr nötig
who-deleted = ein gelöschter Benutzer ({ $kind })
who-named = { $name } ({ $kind })
who-admin = admin
who-support = support
who-user = Benutzer
who-operator = Konsole
who-system = System
who-anonymous = anonym
