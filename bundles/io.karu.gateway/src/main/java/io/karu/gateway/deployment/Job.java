package io.karu.gateway.deployment;

import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;
import java.util.Properties;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.publisher.CloudNotificationPublisher;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraRequestPayload;

/** Who asked for what: the part that every DEPLOY-V2 job has. Delay in milliseconds. */
record Job(
        long id,
        String packageName,
        String requester,
        CloudNotificationPublisher notifications,
        Reboot reboot) {

    /** Whether the gateway starts again after success. */
    record Reboot(boolean wanted, int delayMillis) {}

    /** What a package's download or installation says of the file. */
    record PackageFile(String name, String version, boolean systemUpdate) {

        static PackageFile from(Metrics metrics) throws KuraException {
            return new PackageFile(
                    metrics.fileNamePart("dp.name"),
                    metrics.fileNamePart("dp.version"),
                    metrics.required("dp.install.system.update", Boolean.class));
        }

        String fileName() {
            return systemUpdate ? name + "-" + version + ".sh" : name + "_" + version + ".dp";
        }
    }

    /** The hook that a request asks for. */
    record HookRequest(String type, Properties properties) {

        static Optional<HookRequest> from(Metrics metrics) throws KuraException {
            String type = metrics.optional("request.type", String.class, null);
            if (type == null) {
                return Optional.empty();
            }
            Properties properties = new Properties();
            try {
                properties.load(
                        new StringReader(metrics.optional("hook.properties", String.class, "")));
            } catch (IOException | IllegalArgumentException e) {
                throw Metrics.refused("hook.properties cannot be read: " + e.getMessage());
            }
            return Optional.of(new HookRequest(type, properties));
        }
    }

    static Job from(Metrics metrics, RequestHandlerContext context) throws KuraException {
        KuraPayload payload = metrics.payload();
        return new Job(
                metrics.required("job.id", Long.class),
                metrics.required("dp.name", String.class),
                (String) payload.getMetric(KuraRequestPayload.REQUESTER_CLIENT_ID),
                context.getNotificationPublisher(),
                new Reboot(
                        metrics.optional("dp.reboot", Boolean.class, false),
                        metrics.optional("dp.reboot.delay", Integer.class, 0)));
    }
}
