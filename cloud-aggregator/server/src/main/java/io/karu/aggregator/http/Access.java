package io.karu.aggregator.http;

import io.javalin.security.RouteRole;

/** Who may call a route. */
enum Access implements RouteRole {
    ANYONE,
    /** A logged-in person or a program with an API token. */
    PERSON,
    /** A gateway with its uplink token; the route checks it. */
    GATEWAY
}
