-- An event that was set aside and given up: under its number goes a mark that it was left out, not the event.
ALTER TABLE set_aside ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
