package io.karu.aggregator.http;

import io.javalin.security.RouteRole;
import io.karu.aggregator.security.Role;

/** Who may call a route. What changes something is written to the audit log. */
enum Access implements RouteRole {
    ANYONE,
    /** Viewers where it reads, engineers where it changes something. */
    PERSON,
    /** Viewers, also where it is no GET. */
    VIEWER,
    /** Viewers: reads, though its method is POST; no line in the audit log. */
    QUERY,
    OPERATOR,
    ENGINEER,
    /** Admins; reading is written to the audit log too. */
    ADMIN,
    /** Admins; reading leaves no line. */
    ADMIN_QUERY,
    /** A gateway with its uplink token or its certificate; the route checks it. */
    GATEWAY;

    boolean isForPeople() {
        return this != ANYONE && this != GATEWAY;
    }

    Role needed(boolean reading) {
        return switch (this) {
            case PERSON -> reading ? Role.VIEWER : Role.ENGINEER;
            case VIEWER, QUERY -> Role.VIEWER;
            case OPERATOR -> Role.OPERATOR;
            case ENGINEER -> Role.ENGINEER;
            case ADMIN, ADMIN_QUERY -> Role.ADMIN;
            case ANYONE, GATEWAY -> throw new IllegalStateException(this + " is not for people");
        };
    }

    boolean isAudited(boolean reading) {
        return this != QUERY && this != ADMIN_QUERY && (!reading || this == ADMIN);
    }
}
