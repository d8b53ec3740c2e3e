DROP INDEX refusals_address_idx;
DROP INDEX audit_events_address_idx;
DROP INDEX audit_events_request_idx;
DROP INDEX devices_name_idx;
