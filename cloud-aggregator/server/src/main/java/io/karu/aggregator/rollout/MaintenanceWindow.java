package io.karu.aggregator.rollout;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.Set;

/**
 * When gateways may be changed; what has begun in the window is finished.
 *
 * @param days on which the window opens; empty: every day
 * @param from local time, {@code 22:00}
 * @param to local time; before {@code from}: on the next day
 * @param zone {@code Europe/Berlin}
 */
public record MaintenanceWindow(Set<DayOfWeek> days, String from, String to, String zone) {
    private static final int DAYS_AHEAD = 8;

    public MaintenanceWindow {
        days = days == null ? Set.of() : Set.copyOf(days);
        try {
            LocalTime.parse(from);
            LocalTime.parse(to);
            ZoneId.of(zone);
        } catch (DateTimeException | NullPointerException e) {
            throw new IllegalArgumentException(
                    "window from "
                            + from
                            + " to "
                            + to
                            + " in "
                            + zone
                            + ": use times as 22:00 and a zone as Europe/Berlin");
        }
        if (from.equals(to)) {
            throw new IllegalArgumentException("window from " + from + " to " + to + " is empty");
        }
    }

    boolean open(Instant now) {
        ZonedDateTime local = now.atZone(ZoneId.of(zone));
        return within(local.toLocalDate(), now) || within(local.toLocalDate().minusDays(1), now);
    }

    /** When it opens next; {@code now} when it is open. */
    Instant next(Instant now) {
        if (open(now)) {
            return now;
        }
        LocalDate today = now.atZone(ZoneId.of(zone)).toLocalDate();
        for (int i = 0; i <= DAYS_AHEAD; i++) {
            LocalDate day = today.plusDays(i);
            if (opensOn(day) && start(day).isAfter(now)) {
                return start(day);
            }
        }
        throw new IllegalStateException("a window opens at least once a week: " + this);
    }

    private boolean within(LocalDate day, Instant now) {
        return opensOn(day) && !now.isBefore(start(day)) && now.isBefore(end(day));
    }

    private boolean opensOn(LocalDate day) {
        return (days.isEmpty() ? EnumSet.allOf(DayOfWeek.class) : days)
                .contains(day.getDayOfWeek());
    }

    private Instant start(LocalDate day) {
        return day.atTime(LocalTime.parse(from)).atZone(ZoneId.of(zone)).toInstant();
    }

    private Instant end(LocalDate day) {
        boolean overMidnight = !LocalTime.parse(to).isAfter(LocalTime.parse(from));
        return day.plusDays(overMidnight ? 1 : 0)
                .atTime(LocalTime.parse(to))
                .atZone(ZoneId.of(zone))
                .toInstant();
    }

    @Override
    public String toString() {
        return (days.isEmpty() ? "" : new java.util.TreeSet<>(days) + " ")
                + from
                + " to "
                + to
                + " "
                + zone;
    }
}
