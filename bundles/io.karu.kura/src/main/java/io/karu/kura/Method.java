package io.karu.kura;

/** The methods of Kura's requests; anything else is answered with 400. */
public enum Method {
    GET,
    PUT,
    POST,
    DEL,
    EXEC
}
