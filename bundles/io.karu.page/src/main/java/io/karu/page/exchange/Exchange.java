package io.karu.page.exchange;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** One HTTP request and its answer; used by one thread. */
@ConsumerType
public interface Exchange {
    /** GET, POST … */
    String method();

    /** Decoded path below {@code /karu}, starting with a slash; empty for {@code /karu} itself. */
    String path();

    /** First request header of that name. */
    Optional<String> header(String name);

    /** What follows the question mark, not decoded. */
    Optional<String> query();

    /** Address of the other side. */
    String remote();

    /** The request's body. */
    InputStream body() throws IOException;

    /** A file of a {@code multipart/form-data} body, or empty when there is none of that name. */
    Optional<InputStream> part(String name) throws IOException;

    /** Begins the answer. */
    void status(int status);

    /** Sets an answer header; before the first byte. */
    void answerHeader(String name, String value);

    /** The answer's body; flush sends what was written. */
    OutputStream answer() throws IOException;
}
