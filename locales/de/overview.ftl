# The overview with its charts.

overview-how-much = Wie viel geschieht
overview-span = Zeitraum
overview-counted = Aktiv ist, wer sich anmeldet oder erneuert. Von allen Servern zusammen gezählt, einige Sekunden verspätet. Zeiten sind in UTC.
overview-devices = { $devices ->
    [0] kein Gerät
    [one] 1 Gerät
   *[other] { $devices } Geräte
    }
overview-active = { $span ->
    [hour] Etwa { count-people } und { overview-devices } waren in der letzten Stunde aktiv.
    [day] Etwa { count-people } und { overview-devices } waren in den letzten 24 Stunden aktiv.
   *[month] Etwa { count-people } und { overview-devices } waren in den letzten 30 Tagen aktiv.
    }
overview-nobody-active = { $span ->
    [hour] Niemand war in der letzten Stunde aktiv.
    [day] Niemand war in den letzten 24 Stunden aktiv.
   *[month] Niemand war in den letzten 30 Tagen aktiv.
    }
overview-refreshing = Wie das Erneuern läuft
overview-became = Was daraus wurde
overview-how-many = Wie viele
overview-share = Anteil
overview-by-client = Nach Client
overview-refreshes = Erneuerungen
overview-rotated = Erneuert
overview-retried = Erneut beantwortet
overview-reuse = Wiederverwendung
overview-refused = Abgewiesen
overview-client-unknown = nicht bekannt oder nicht einzeln gezählt
overview-worth-a-look = Einen Blick wert
overview-tried = Refresh-Tokens, die gesperrt sind oder deren Gerät oder Benutzer es ist, und die jemand weiter benutzt: ein verlorenes Telefon, das in Gebrauch ist, oder eine App, die es nicht bemerkt hat.
overview-tried-all = Alles, was wegen eines gesperrten Geräts abgewiesen wurde
overview-used-by-two = Refresh-Tokens, die zwei benutzt haben: eine gestohlene Kopie oder ein aus einer Sicherung wiederhergestelltes Gerät.
overview-lately = Zuletzt
overview-whole-log = Das ganze Audit-Log
overview-health = Zustand
overview-postgres = Postgres
overview-answers-within = Antwortet in
overview-migrations = Migrationen
overview-migrated = auf dem neuesten Stand
overview-signs-with = Signiert mit
overview-next-rotation = Nächster Wechsel
chart-numbers = Die Zahlen
chart-time = Zeit (UTC)
overview-refreshes-none = { $asked }. Was aus jeder wird, steht hier, und für welchen Client: erneuert, erneut beantwortet, abgewiesen oder ein Alarm.
overview-refreshes-some = { $asked }. Alarme eines Clients, die mit einer neuen Version von ihm beginnen, sind keine Diebe: Die App benutzt ein Token wieder, das sie hätte ersetzen sollen.
overview-asked = { $span ->
    [hour] { count-refreshes } in der letzten Stunde verlangt
    [day] { count-refreshes } in den letzten 24 Stunden verlangt
   *[month] { count-refreshes } in den letzten 30 Tagen verlangt
    }
overview-not-migrated = <span class="badge off">einige fehlen</span> Führen Sie <code>doorward migrate run</code> aus.
overview-postgres-private = eigenes: Dieser Server betreibt es
overview-postgres-external = fremdes: wohin DATABASE_URL führt
overview-milliseconds = { $whole },{ $tenth } ms
overview-key = <code>{ $kid }</code>, angelegt { $made }
overview-shared-secret = dem gemeinsamen Geheimnis (HS256)
overview-no-rotation = nicht von selbst; signing_key_rotation ist 0s
overview-span-hour = 1 Stunde
overview-span-day = 24 Stunden
overview-span-month = 30 Tage
overview-outcome-rotated = erneuert
overview-outcome-retried = erneut beantwortet, nach einer verlorenen Antwort
overview-outcome-reused = Wiederverwendung: Die Anmeldung ist beendet
overview-outcome-refused = abgewiesen: { $why }
overview-cause = { $why }: { $number }
overview-with-share = { $number } ({ $share })
chart-during-hour = in der letzten Stunde
chart-during-day = in den letzten 24 Stunden
chart-during-month = in den letzten 30 Tagen
chart-axis-end = { $time } UTC
chart-peak = Am meisten um { $time }: { $number }.
chart-other-reasons = andere Gründe
chart-empty = { $what } { $slot ->
    [minute] Ein Balken für jede Minute.
    [hour] Ein Balken für jede Stunde.
   *[day] Ein Balken für jeden Tag.
    }
chart-sign-ins = { $number ->
    [0] Keine Anmeldungen
    [one] 1 Anmeldung
   *[other] { $number } Anmeldungen
    }
chart-sign-ins-empty = Hier erscheinen Anmeldungen, von Apps und in dieser Verwaltung.
chart-sign-in = Anmeldung
chart-sign-ins-refused = { $number ->
    [0] Keine abgewiesenen Anmeldungen
    [one] 1 abgewiesene Anmeldung
   *[other] { $number } abgewiesene Anmeldungen
    }
chart-sign-ins-refused-empty = Hier erscheinen abgewiesene Anmeldungen, nach Grund.
chart-refreshes = { $number ->
    [0] Keine beantworteten Erneuerungen
    [one] 1 beantwortete Erneuerung
   *[other] { $number } beantwortete Erneuerungen
    }
chart-refreshes-empty = Hier erscheinen Erneuerungen, sobald eine App ihr nächstes Access-Token holt.
chart-rotated = erneuert
chart-retried = erneut beantwortet
chart-refreshes-refused = { $number ->
    [0] Keine abgewiesenen Erneuerungen
    [one] 1 abgewiesene Erneuerung
   *[other] { $number } abgewiesene Erneuerungen
    }
chart-refreshes-refused-empty = Hier erscheinen abgewiesene Erneuerungen, nach Grund.
chart-reuse = { $number ->
    [0] Keine Alarme wegen Wiederverwendung
    [one] 1 Alarm wegen Wiederverwendung
   *[other] { $number } Alarme wegen Wiederverwendung
    }
chart-reuse-empty = Wird ein Refresh-Token benutzt, nachdem es ersetzt wurde, erscheint es hier, und seine Anmeldung ist beendet.
chart-reused = Wiederverwendung
chart-forms-refused = { $number ->
    [0] Keine abgewiesenen Formulare
    [one] 1 abgewiesenes Formular
   *[other] { $number } abgewiesene Formulare
    }
chart-forms-refused-empty = Hier erscheinen abgewiesene Formulare dieser Verwaltung, nach Grund, wer auch immer sie gesandt hat.
