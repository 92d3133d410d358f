package io.karu.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;

/** A run of the command line in this process. */
record Karu(int exitCode, String out, String err) {
    static Karu run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(arguments);
        return new Karu(exitCode, out.toString(), err.toString());
    }

    JsonNode json() {
        try {
            return Api.JSON.readTree(out);
        } catch (Exception e) {
            throw new AssertionError(out + err, e);
        }
    }
}
