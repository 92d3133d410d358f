package io.karu.aggregator.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.audit.AuditEntry;
import io.karu.aggregator.audit.AuditQuery;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.Iterator;
import java.util.Map;

/** The audit log, to be read only. */
final class AuditRoutes {
    private static final int PAGE = 100;

    private final Audit audit;
    private final ObjectMapper mapper;

    AuditRoutes(Audit audit, ObjectMapper mapper) {
        this.audit = audit;
        this.mapper = mapper;
    }

    void install(RoutesConfig routes) {
        routes.get("/api/v1/audit", this::list, Access.ADMIN_QUERY);
        routes.get("/api/v1/audit/verification", this::verify, Access.ADMIN_QUERY);
        routes.get("/api/v1/audit/export", this::export, Access.ADMIN);
    }

    private void list(Context ctx) {
        ctx.json(
                Map.of(
                        "entries",
                        audit.list(
                                new AuditQuery(
                                        Query.text(ctx, "actor"),
                                        Query.text(ctx, "text"),
                                        Query.number(ctx, "before"),
                                        Query.limit(ctx, PAGE)))));
    }

    private void verify(Context ctx) {
        ctx.json(audit.verify());
    }

    /** One JSON object a line, in the order of the chain. */
    private void export(Context ctx) {
        ctx.contentType("application/jsonl");
        ctx.header(
                "Content-Disposition",
                "attachment; filename=\"karu-audit-" + LocalDate.now() + ".jsonl\"");
        audit.export(
                lines -> {
                    try {
                        OutputStream out = ctx.outputStream();
                        for (Iterator<AuditEntry> all = lines.iterator(); all.hasNext(); ) {
                            out.write(mapper.writeValueAsBytes(all.next()));
                            out.write('\n');
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }
}
