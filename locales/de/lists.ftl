# The lists with their filters, clients, keys, and acts on many at once.

users-new = Neuer Benutzer
users-none = Kein Benutzer ist so.
devices-about = Um die von jemandem zu finden, suchen Sie nach dem Benutzer oder dem Gerät.
devices-none-like = Kein Gerät ist so.
devices-none = Niemand hat sich auf einem Gerät angemeldet.
devices-last-sign-in = Letzte Anmeldung
devices-first-used = Zuerst benutzt
bulk-title = Massenaktionen
tokens-none-like = Kein Token ist so.
tokens-none = Niemand hat sich angemeldet.
tokens-signed-in = Angemeldet
clients-new = Neuer Client
clients-all = Alle Clients
clients-grant-types = Grant-Typen
clients-scopes = Scopes
clients-audiences = Audiences
clients-redirect-uris = Redirect-URIs
clients-added = Angelegt am
clients-make-secret = Neues Geheimnis anlegen
clients-make-secret-open = Neues Geheimnis anlegen…
clients-make-secret-about = Das Geheimnis, das der Client jetzt hat, ist dann nichts mehr wert. Das neue wird einmal gezeigt.
clients-new-about = Ein öffentlicher Client ist eine App auf einem Gerät oder im Browser, die kein Geheimnis wahren kann. Ein vertraulicher läuft auf einem Ihrer Server und bekommt ein Geheimnis, das einmal gezeigt wird.
clients-kind-public = public: kann kein Geheimnis wahren
clients-kind-confidential = confidential: bekommt ein Geheimnis
clients-grant-refresh = refresh_token: meldet Benutzer an
clients-grant-own = client_credentials: handelt für sich selbst, falls vertraulich
clients-add = Client anlegen
keys-about = Mit einem von ihnen werden Access-Tokens signiert; Server, die Tokens prüfen, kennen alle. Der nächste wird veröffentlicht, bevor er an der Reihe ist, ein früherer, bis sein letztes Token abgelaufen ist.
keys-rotate = Jetzt wechseln
keys-take-away-open = Wegnehmen…
keys-take-away = Diesen Schlüssel wegnehmen
refusals-none-like = Nichts dieser Art wurde abgewiesen.
refusals-none = Nichts wurde abgewiesen.
bulk-about = Wo viele Benutzer, Geräte oder Tokens auf einmal gesperrt oder entsperrt wurden, aus ihren Listen oder durch die nächtliche Regel. Jede lässt sich rückgängig machen.
bulk-none = Nichts wurde mit vielen auf einmal gemacht.
bulk-begun = Begonnen
bulk-disabled = Gesperrt
bulk-enabled = Entsperrt
bulk-look-again = Noch einmal ansehen
bulk-only-who-looked = Nur wer nachgesehen hat, kann sperren, was gefunden wurde.
bulk-only-who-looked-enables = Nur wer nachgesehen hat, kann entsperren, was gefunden wurde.
bulk-undo-open = Rückgängig machen…
bulk-undo-about = Wieder entsperrt wird, was diese Aktion gesperrt hat und was durch sie noch gesperrt ist. Was jemand entsperrt oder neu gesperrt hat, bleibt, wie es ist.
bulk-undo-enabling-about = Wieder gesperrt wird, was diese Aktion entsperrt hat und was seither niemand berührt hat, bis wann und aus welchem Grund es das war. Was jemand gesperrt oder neu entsperrt hat, bleibt, wie es ist.
bulk-gone = Es gibt sie inzwischen nicht mehr.
bulk-now = Jetzt
bulk-count = Zählen und zeigen
bulk-to-list = Zurück zur Liste
new-user-about = Sie bekommen einen Link zum Weitergeben, mit dem der Benutzer ein Passwort festlegt: er gilt einmal und eine Stunde lang.
new-user-create = Benutzer anlegen
list-all = alle
list-order = Reihenfolge
list-since = Seit, in UTC
list-before = Vor, in UTC
list-not-since = Keine Anmeldung seit, in UTC
list-kind = Art, wie die App sie nennt
list-client-id = Client-Id
users-query = Name, E-Mail oder Id
users-state-active = aktiv
users-state-disabled = gesperrt
users-role = Rolle
users-all = alle Benutzer
users-order-name = nach Namen
users-order-name-down = nach Namen, vom Ende her
users-order-newest = neueste zuerst
users-order-oldest = älteste zuerst
devices-used = benutzt { $last }
devices-not-disabled = nicht gesperrt
devices-order-newest = zuerst benutzt, neueste zuerst
devices-order-oldest = zuerst benutzt, älteste zuerst
devices-order-signed-in-latest = letzte Anmeldung, jüngste zuerst
devices-order-signed-in-longest = letzte Anmeldung, am längsten her zuerst
tokens-title = Refresh-Tokens
tokens-about = Eines für jede Anmeldung, das jüngste zuerst. Um die von jemandem zu finden, suchen Sie nach dem Benutzer oder dem Gerät.
tokens-about-by-end = Eines für jede Anmeldung, der späteste Ablauftag zuerst. Um die von jemandem zu finden, suchen Sie nach dem Benutzer oder dem Gerät.
tokens-expires = läuft ab { $end }
tokens-live = gültig
tokens-disabled = gesperrt
tokens-ended = beendet
tokens-expired = abgelaufen
clients-about = Apps, die Benutzer anmelden, und Dienste, die Tokens für sich selbst bekommen. Eine App, die keinen Client nennt, ist <code>{ $client }</code>.
clients-own-audience = die des Servers
clients-if-disabled = „<bdi>{ $client }</bdi>“ bekommt binnen einer Sekunde nichts mehr, und auch nicht, wer sich damit angemeldet hat.
clients-new-title = Neuer Client
clients-id = Client-Id
clients-id-hint = 3 bis 64 aus a-z, 0-9, Punkt, Bindestrich und Unterstrich.
clients-name = Name (freiwillig)
clients-name-hint = Wie man ihn nennt.
clients-scopes-field = Scopes (freiwillig)
clients-scopes-hint = Worum er bitten darf, mit Leerzeichen dazwischen.
clients-audiences-field = Audiences (freiwillig)
clients-audiences-hint = Für wen seine Access-Tokens sein können, mit Leerzeichen dazwischen; die erste, wenn nichts gesagt ist. Ohne eine die des Servers.
clients-redirect-uris-field = Redirect-URIs (freiwillig)
clients-redirect-uris-hint = Wohin ein Browser zurückgeschickt werden darf, mit Leerzeichen dazwischen.
keys-title = Signaturschlüssel
keys-made = Angelegt { $made }
keys-signing = Angelegt { $made }, signiert seit { $since }
keys-signed = Angelegt { $made }, signierte von { $since } bis { $until }
keys-never-signed = Angelegt { $made }, bis { $until }
keys-encrypted-heading = Verschlüsselte Access-Tokens
keys-encrypted-about = Access-Tokens für diese Audiences werden auch verschlüsselt, so dass nur ihre Resource-Server sie lesen können. <code>doorward audience set-key</code> trägt einen öffentlichen Schlüssel ein, <code>doorward audience remove-key</code> nimmt ihn weg.
keys-encrypted-since = Verschlüsselt seit { $since }
keys-take-away-about = <strong>Das ist endgültig</strong> und für einen Schlüssel, den andere haben könnten: Jedes Access-Token, das er signiert hat, wird von jetzt an abgewiesen, und Apps müssen erneuern.
refusals-title = Abweisungen
refusals-about = Anmeldungen, Erneuerungen und Formulare, die abgewiesen wurden, die neuesten zuerst. Von einer Art bleiben je Benutzer oder Token die letzten zwanzig; alle werden gezählt. <a href="{ $audit }">Was getan wurde</a>, steht für sich. <a href="{ $why }">Warum wurde das abgewiesen?</a> sagt, was es mit einer Anfrage-Id oder einem Token auf sich hat.
bulk-some-of = { $what ->
    [users] Einige von { $number } Benutzern
    [devices] Einige von { $number } Geräten
   *[tokens] Einige von { $number } Tokens
    }
bulk-these = { $what ->
    [users] { $number ->
        [one] Der Benutzer
       *[other] Die { $number } Benutzer
    }
    [devices] { $number ->
        [one] Das Gerät
       *[other] Die { $number } Geräte
    }
   *[tokens] { $number ->
        [one] Das Token
       *[other] Die { $number } Tokens
    }
    }
bulk-how-many = { $what ->
    [users] { count-users }
    [devices] { count-devices }
   *[tokens] { count-tokens }
    }
bulk-preview-title = { bulk-how-many } sperren?
bulk-preview-enable-title = { bulk-how-many } entsperren?
bulk-act-title = { bulk-how-many } auf einmal
bulk-done-disabled = { bulk-how-many } gesperrt
bulk-done-enabled = { bulk-how-many } entsperrt
bulk-disabled-so-far = { $again ->
    [yes] Bisher { $number } wieder gesperrt.
   *[no] Bisher { $number } gesperrt.
    }
bulk-enabled-so-far = { $again ->
    [yes] Bisher { $number } wieder entsperrt.
   *[no] Bisher { $number } entsperrt.
    }
bulk-badge-not-begun = nicht begonnen
bulk-badge-under-way = im Gange
bulk-badge-being-undone = wird rückgängig gemacht
bulk-badge-undone = rückgängig gemacht
bulk-badge-done = fertig
bulk-state-not-disabled = nicht gesperrt
bulk-state-meanwhile = inzwischen gesperrt
bulk-state-disabled = gesperrt
bulk-state-enabled = wieder entsperrt
bulk-state-disabled-again = wieder gesperrt
bulk-state-now-enabled = entsperrt
bulk-state-enabled-meanwhile = inzwischen entsperrt
bulk-state-not-yet = noch nicht
bulk-state-left-alone = in Ruhe gelassen
bulk-if-users = { $number ->
    [one] { count-users } bekommt auf keinem Gerät mehr etwas, auch nicht mit schon ausgegebenen Access-Tokens, und kann sich bis zum Entsperren nirgends anmelden, auch nicht in der Verwaltung. Nie darunter sind Sie und der letzte Administrator, der sich anmelden kann.
   *[other] { count-users } bekommen auf keinem Gerät mehr etwas, auch nicht mit schon ausgegebenen Access-Tokens, und können sich bis zum Entsperren nirgends anmelden, auch nicht in der Verwaltung. Nie darunter sind Sie und der letzte Administrator, der sich anmelden kann.
    }
bulk-if-devices = { $number ->
    [one] { count-devices } bekommt nichts mehr, auch nicht mit schon ausgegebenen Access-Tokens, und niemand kann sich dort anmelden, bis es entsperrt wird.
   *[other] { count-devices } bekommen nichts mehr, auch nicht mit schon ausgegebenen Access-Tokens, und niemand kann sich dort anmelden, bis sie entsperrt werden.
    }
bulk-if-tokens = { $number ->
    [one] { count-tokens } bekommt nichts mehr, auch nicht mit schon ausgegebenen Access-Tokens. Der Benutzer kann sich neu anmelden.
   *[other] { count-tokens } bekommen nichts mehr, auch nicht mit schon ausgegebenen Access-Tokens. Ihre Benutzer können sich neu anmelden.
    }
bulk-if-enabled = { $number ->
    [one] { bulk-how-many } arbeitet wieder mit dem, was vorher da war; was darüber oder darunter gesperrt ist, bleibt es.
   *[other] { bulk-how-many } arbeiten wieder mit dem, was vorher da war; was darüber oder darunter gesperrt ist, bleibt es.
    }
bulk-meanwhile-unused = Nichts anderes wird berührt, als gefunden wurde. Was inzwischen benutzt, gesperrt oder beendet wird, bleibt in Ruhe.
bulk-meanwhile = Nichts anderes wird berührt, als gefunden wurde. Was inzwischen gesperrt oder beendet wird, bleibt in Ruhe.
bulk-meanwhile-enabled = Nichts anderes wird berührt, als gefunden wurde. Was inzwischen entsperrt, neu gesperrt oder beendet wird, bleibt in Ruhe.
bulk-can-be-undone = Alles davon lässt sich mit einem Druck rückgängig machen.
bulk-filter-kind = Art { $value }
bulk-filter-client = Client { $value }
bulk-filter-network = zuletzt benutzt aus { $value }
bulk-filter-not-since = keine Anmeldung seit { $value }
bulk-filter-unused = { $value } Tage nicht benutzt
bulk-fact-filter = Gesucht
bulk-fact-by = Von
bulk-fact-looked = Nachgesehen
bulk-fact-found = Gefunden
bulk-fact-until = Bis
bulk-fact-finished = Fertig
bulk-fact-undone-by = Rückgängig gemacht von
bulk-fact-why-undone = Warum rückgängig
bulk-fact-undone = Rückgängig gemacht
bulk-fact-enabled = Wieder entsperrt
bulk-fact-disabled = Wieder gesperrt
bulk-new-devices-title = Viele Geräte sperren
bulk-new-tokens-title = Viele Tokens sperren
bulk-new-kind = Art, wie die App sie nennt (freiwillig)
bulk-new-client = Client-Id (freiwillig)
bulk-new-network = Zuletzt aus diesem Netz benutzt (freiwillig)
bulk-new-unused = So viele Tage nicht benutzt (freiwillig)
bulk-new-not-since = Keine Anmeldung seit, in UTC (freiwillig)
new-user-title = Neuer Benutzer
bulk-new-users-title = Viele Benutzer sperren
bulk-new-enable-users-title = Viele Benutzer entsperren
bulk-new-enable-devices-title = Viele Geräte entsperren
bulk-new-enable-tokens-title = Viele Tokens entsperren
bulk-new-about = { $what ->
    [users] Sagen Sie, welche Benutzer gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts gesperrt. Die schon gesperrt sind, zählen nicht mit, und Sie auch nicht.
    [devices] { $reach ->
        [all] Sagen Sie, welche Geräte gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts gesperrt. Die schon gesperrt sind, zählen nicht mit.
       *[users] Sagen Sie, welche Geräte gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts gesperrt. Die schon gesperrt sind, zählen nicht mit, und nicht die von Benutzern mit einer Rolle.
    }
   *[tokens] { $reach ->
        [all] Sagen Sie, welche Tokens gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts gesperrt. Die schon gesperrt, beendet oder abgelaufen sind, zählen nicht mit.
       *[users] Sagen Sie, welche Tokens gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts gesperrt. Die schon gesperrt, beendet oder abgelaufen sind, zählen nicht mit, und nicht die von Benutzern mit einer Rolle.
    }
    }
bulk-new-enable-about = { $what ->
    [users] Sagen Sie, welche Benutzer gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts entsperrt. Nur die gesperrten zählen.
    [devices] { $reach ->
        [all] Sagen Sie, welche Geräte gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts entsperrt. Nur die gesperrten zählen.
       *[users] Sagen Sie, welche Geräte gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts entsperrt. Nur die vom Support gesperrten zählen, von Benutzern ohne Rolle.
    }
   *[tokens] { $reach ->
        [all] Sagen Sie, welche Tokens gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts entsperrt. Nur die gesperrten zählen, die weder beendet noch abgelaufen sind.
       *[users] Sagen Sie, welche Tokens gemeint sind. Sie werden erst gezählt und gezeigt; noch wird nichts entsperrt. Nur die vom Support gesperrten zählen, die weder beendet noch abgelaufen sind, von Benutzern ohne Rolle.
    }
    }
bulk-new-hint = { $what ->
    [users] Als Benutzung zählt eine Anmeldung, hier oder auf einem Gerät, eine Erneuerung, und erst kürzlich angelegt zu sein. Was hier gesagt wird, muss auf jeden zutreffen; wird nichts gesagt, sind alle gemeint.
    [devices] Ein Gerät wird durch eine Anmeldung oder Erneuerung benutzt. Was hier gesagt wird, muss auf jedes zutreffen; wird nichts gesagt, sind alle gemeint.
   *[tokens] Ein Gerät wird durch eine Anmeldung oder Erneuerung benutzt. Für Adressen werden alle Tokens gelesen, höchstens vier Sekunden lang. Was hier gesagt wird, muss auf jedes zutreffen; wird nichts gesagt, sind alle gemeint.
    }
bulk-new-hint-enable = Was hier gesagt wird, muss auf jedes zutreffen; wird nichts gesagt, sind alle gemeint.
bulk-new-query = Name oder E-Mail beginnt mit (freiwillig)
bulk-new-role = Rolle (freiwillig)
bulk-new-any-role = irgendeine oder keine
bulk-new-no-role = ohne Rolle
bulk-new-actor = Gesperrt durch (Benutzername oder Id, oder system oder operator) (freiwillig)
bulk-new-since = Gesperrt seit, in UTC (freiwillig)
bulk-new-before = Gesperrt vor, in UTC (freiwillig)
bulk-new-reason = Der Grund enthält (freiwillig)
bulk-new-disable-instead = Stattdessen viele sperren
bulk-new-enable-instead = Stattdessen viele entsperren
bulk-filter-prefix = Name oder E-Mail beginnt wie eingegeben
bulk-filter-no-role = keine Rolle
bulk-filter-role = Rolle { $value }
bulk-filter-since = gesperrt seit { $value }
bulk-filter-before = gesperrt vor { $value }
bulk-filter-by = gesperrt durch { $value }
bulk-filter-reason = Grund enthält { $value }
