-- An act and what it is about are written together, and purged one after the other. To have each of a quarter of a million
-- rows looked up again takes longer than to write them, and whoever looks waits for it.
ALTER TABLE bulk_act_subjects DROP CONSTRAINT bulk_act_subjects_act_id_fkey;
