package io.karu.aggregator.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What was committed is in the file, and is found there without a clean end. H2 2.5.252 is refused
 * by this: it lets the file's header point at the commit before the last one wherever space is used
 * again.
 */
class CommitsSurviveKillsTest {
    private static final int COMMITS = 150;
    private static final int ROWS = 2000;

    @TempDir private Path folder;

    @Test
    void aCopyOfTheFileTakenAfterACommitHasThatCommit() throws Exception {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        Random random = new Random(1);
        // space is used again at once instead of after 45 s
        Jdbi running = Jdbi.create(Database.h2Url(folder) + ";RETENTION_TIME=0");
        try (Handle handle = running.open()) {
            handle.execute("create table part (id bigint primary key, note varchar)");
            for (int commit = 1; commit <= COMMITS; commit++) {
                int newest = commit;
                handle.useTransaction(transaction -> write(transaction, random, newest));
                Files.copy(
                        folder.resolve("karu.mv.db"),
                        copy.resolve("karu.mv.db"),
                        StandardCopyOption.REPLACE_EXISTING);
                assertEquals(commit, newest(copy), "after a kill behind commit " + commit);
            }
        }
    }

    private static void write(Handle handle, Random random, int commit) {
        PreparedBatch rows =
                handle.prepareBatch(
                        "merge into part using (values (cast(? as bigint), cast(? as varchar))) as n (id, note) on part.id = n.id"
                                + " when matched then update set note = n.note"
                                + " when not matched then insert (id, note) values (n.id, n.note)");
        for (int row = random.nextInt(200); row >= 0; row--) {
            rows.add(1 + random.nextInt(ROWS), "x".repeat(random.nextInt(400)));
        }
        rows.add(0, Integer.toString(commit));
        rows.execute();
    }

    private static int newest(Path copy) {
        try (Handle handle = Jdbi.create(Database.h2Url(copy)).open()) {
            return handle.select("select note from part where id = 0").mapTo(Integer.class).one();
        }
    }
}
