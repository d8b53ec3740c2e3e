DELETE FROM bulk_act_subjects s WHERE NOT EXISTS (SELECT FROM bulk_acts a WHERE a.id = s.act_id);
ALTER TABLE bulk_act_subjects
    ADD CONSTRAINT bulk_act_subjects_act_id_fkey FOREIGN KEY (act_id) REFERENCES bulk_acts (id) ON DELETE CASCADE;
