package io.karu.aggregator.http;

import io.javalin.config.JavalinConfig;
import io.javalin.http.ContentType;
import io.javalin.http.Context;
import io.javalin.http.NotFoundResponse;
import io.javalin.http.staticfiles.Location;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.regex.Pattern;

/** The console's static files. Addresses of its pages all answer with its one page. */
final class Console {
    private static final String FOLDER = "/console";
    private static final String PAGE = FOLDER + "/index.html";

    /** What is not a page: it must answer 404. */
    private static final Pattern NOT_A_PAGE =
            Pattern.compile("/(api|dl|uplink|health|assets)(/.*)?|.*\\.[a-z0-9]+");

    private Console() {}

    static void install(JavalinConfig config) {
        if (Console.class.getResource(PAGE) != null) {
            config.staticFiles.add(
                    files -> {
                        files.hostedPath = "/assets";
                        files.directory = FOLDER + "/assets";
                        files.location = Location.CLASSPATH;
                        files.headers =
                                Map.of("Cache-Control", "public, max-age=31536000, immutable");
                    });
            config.staticFiles.add(
                    files -> {
                        files.hostedPath = "/";
                        files.directory = FOLDER;
                        files.location = Location.CLASSPATH;
                        files.headers = Map.of("Cache-Control", "no-cache");
                    });
        }
        config.spaRoot.addHandler("/", Console::page);
    }

    private static void page(Context ctx) throws IOException {
        if (NOT_A_PAGE.matcher(ctx.path()).matches()) {
            throw new NotFoundResponse();
        }
        try (InputStream page = Console.class.getResourceAsStream(PAGE)) {
            if (page == null) {
                ctx.contentType(ContentType.TEXT_PLAIN)
                        .result("The console was left out of this build (-Dconsole.skip).");
                return;
            }
            ctx.header("Cache-Control", "no-cache");
            ctx.contentType(ContentType.TEXT_HTML).result(page.readAllBytes());
        }
    }
}
