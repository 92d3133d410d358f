package io.karu.aggregator.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.DayOfWeek;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MaintenanceWindowTest {
    private static final MaintenanceWindow NIGHTS =
            new MaintenanceWindow(Set.of(), "22:00", "05:00", "Europe/Berlin");
    private static final MaintenanceWindow SUNDAYS =
            new MaintenanceWindow(Set.of(DayOfWeek.SUNDAY), "22:00", "05:00", "Europe/Berlin");

    private static Instant at(String time) {
        return Instant.parse(time);
    }

    @Test
    void itIsOpenFromItsBeginningToItsEndInLocalTime() {
        assertFalse(NIGHTS.open(at("2026-01-10T20:59:59Z")));
        assertTrue(NIGHTS.open(at("2026-01-10T21:00:00Z")));
        assertTrue(NIGHTS.open(at("2026-01-11T03:59:59Z")));
        assertFalse(NIGHTS.open(at("2026-01-11T04:00:00Z")));
    }

    @Test
    void summerTimeMovesIt() {
        assertFalse(NIGHTS.open(at("2026-07-10T19:59:59Z")));
        assertTrue(NIGHTS.open(at("2026-07-10T20:00:00Z")));
    }

    @Test
    void itsDayIsTheOneOnWhichItOpens() {
        assertTrue(SUNDAYS.open(at("2026-01-11T22:00:00Z")), "Sunday night");
        assertTrue(SUNDAYS.open(at("2026-01-12T03:00:00Z")), "Monday before five");
        assertFalse(SUNDAYS.open(at("2026-01-12T22:00:00Z")), "Monday night");
        assertFalse(SUNDAYS.open(at("2026-01-11T03:00:00Z")), "Sunday before five");
    }

    @Test
    void itTellsWhenItOpensNext() {
        assertEquals(
                at("2026-01-11T21:00:00Z"), SUNDAYS.next(at("2026-01-05T12:00:00Z")), "on Monday");
        assertEquals(at("2026-01-11T21:30:00Z"), SUNDAYS.next(at("2026-01-11T21:30:00Z")), "now");
    }

    @Test
    void whatIsNoWindowIsRefused() {
        assertEquals(
                "window from 25:00 to 05:00 in Europe/Berlin: use times as 22:00 and a zone as Europe/Berlin",
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        new MaintenanceWindow(
                                                null, "25:00", "05:00", "Europe/Berlin"))
                        .getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> new MaintenanceWindow(null, "22:00", "22:00", "Europe/Berlin"));
    }
}
