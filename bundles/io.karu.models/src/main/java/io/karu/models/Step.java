package io.karu.models;

/**
 * Every point of installing, activating and rolling back between two changes of the disk or of what
 * decides. A power cut at any of them leaves a working model and a record that tells the truth
 * ({@code PowerCutTest}).
 */
enum Step {
    /** Installing: nothing is copied yet. */
    COPY_BEGIN,
    /** One more file is copied and synced. */
    COPY_FILE,
    /** All files and folders are synced. */
    COPY_SYNCED,
    /** The copy is checked; what had its name is gone. */
    VERSION_RENAME,
    /** The version is in its place, and not in the record. */
    VERSION_RENAMED,
    /** Activating and rolling back: the version is open, verified and warm, and decides nothing. */
    OPENED,
    /** The next record is to be written. */
    RECORD_WRITE,
    /** The next record is synced under another name. */
    RECORD_WRITTEN,
    /** The present record is kept as the previous one. */
    RECORD_PREVIOUS_KEPT,
    /** The next record is the present one. */
    RECORD_RENAMED,
    /** The version decides. */
    PUBLISHED,
    /** Rolling back: the files of what was rolled back are gone. */
    FILES_REMOVED
}
