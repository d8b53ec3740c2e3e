-- What the panel's search goes by. Devices by name, whatever case, those of one name the newest first. Events
-- by the request that they came of, and events and refusals by address, the latest first. Nothing of it is
-- written by a refresh; a sign-in adds an entry to each index of its event.
CREATE INDEX devices_name_idx ON devices (lower(name) COLLATE "C", id DESC);
CREATE INDEX audit_events_request_idx ON audit_events (request_id);
CREATE INDEX audit_events_address_idx ON audit_events (address, id);
CREATE INDEX refusals_address_idx ON refusals (address, id);
