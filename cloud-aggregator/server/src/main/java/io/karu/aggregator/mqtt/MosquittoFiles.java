package io.karu.aggregator.mqtt;

import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.fleet.PasswordHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Writes Mosquitto's {@code password_file} and {@code acl_file}: the same logins and rights as the
 * embedded broker has; and {@code cafile} and {@code crlfile}: whose certificates count. Mosquitto
 * reads them again at SIGHUP.
 */
public final class MosquittoFiles {
    private static final String OWNER = "rw-------";
    private static final String ANYBODY = "rw-r--r--";

    private final String prefix;

    public MosquittoFiles(String prefix) {
        this.prefix = prefix;
    }

    /**
     * Writes {@code authority.pem} and {@code revoked.pem} into a folder, each complete or not at
     * all. The list comes first: Artemis reads it again when {@code authority.pem} changes.
     *
     * @param trusted whose certificates count, PEM
     * @param revoked list of those that do not any more, PEM
     */
    public void writeTrust(Path folder, String trusted, String revoked) throws IOException {
        Files.createDirectories(folder);
        replace(folder.resolve("revoked.pem"), revoked, ANYBODY);
        replace(folder.resolve("authority.pem"), trusted, ANYBODY);
    }

    /**
     * Writes {@code passwords} and {@code acl} into a folder, each complete or not at all.
     *
     * @param own the aggregator's own login
     */
    public void write(Path folder, List<GatewayStore.Login> logins, MqttServer own)
            throws IOException {
        StringBuilder passwords = new StringBuilder();
        StringBuilder acl = new StringBuilder();
        add(
                passwords,
                acl,
                own.userName(),
                PasswordHash.of(own.password()),
                TopicRight.ofAggregator(prefix));
        for (GatewayStore.Login login : logins) {
            add(
                    passwords,
                    acl,
                    login.userName(),
                    login.passwordHash(),
                    TopicRight.ofGateway(prefix, login.gateway()));
        }
        Files.createDirectories(folder);
        replace(folder.resolve("passwords"), passwords, OWNER);
        replace(folder.resolve("acl"), acl, OWNER);
    }

    private static void add(
            StringBuilder passwords,
            StringBuilder acl,
            String user,
            String hash,
            List<TopicRight> rights) {
        passwords.append(user).append(':').append(hash).append('\n');
        acl.append("user ").append(user).append('\n');
        for (TopicRight right : rights) {
            String access =
                    switch (right.access()) {
                        case READ -> "read";
                        case WRITE -> "write";
                        case READ_WRITE -> "readwrite";
                    };
            acl.append("topic ").append(access).append(' ').append(right.filter()).append('\n');
        }
        acl.append('\n');
    }

    private static void replace(Path file, CharSequence content, String readers)
            throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.deleteIfExists(next);
        Files.createFile(
                next,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(readers)));
        Files.writeString(next, content);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
