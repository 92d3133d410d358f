package io.karu.gateway.deployment;

import java.util.Date;
import java.util.Map;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.message.KuraPayload;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What DEPLOY-V2 tells about a job after its reply. */
final class Notifications {

    private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);
    private static final String APPLICATION = "DEPLOY-V2";

    private final Job job;
    private final String clientId;

    Notifications(Job job, String clientId) {
        this.job = job;
        this.clientId = clientId;
    }

    void downloading(Download.Progress progress) {
        KuraPayload payload = download(progress.size(), progress.percent(), progress.status());
        payload.addMetric("dp.download.index", progress.index());
        addError(payload, "dp.download.error.message", progress.error());
        publish("download", payload);
    }

    /** The file was there already; this one has no index. */
    void alreadyDownloaded() {
        publish("download", download(0, 100, Download.Status.COMPLETED));
    }

    void downloadFailed(int index) {
        KuraPayload payload = download(0, 0, Download.Status.FAILED);
        payload.addMetric("dp.download.index", index);
        addError(
                payload,
                "dp.download.error.message",
                "Error during download process and verification!");
        publish("download", payload);
    }

    void installed(String fileName) {
        publish("install", outcome("install", fileName, null));
    }

    void installFailed(String fileName, Exception cause) {
        publish("install", outcome("install", fileName, cause));
    }

    void uninstalled() {
        publish("uninstall", outcome("uninstall", job.packageName(), null));
    }

    void uninstallFailed(Exception cause) {
        publish("uninstall", outcome("uninstall", job.packageName(), cause));
    }

    private KuraPayload download(int size, int percent, Download.Status status) {
        KuraPayload payload = new KuraPayload();
        payload.addMetric("dp.download.size", size);
        payload.addMetric("dp.download.progress", percent);
        payload.addMetric("dp.download.status", status.name());
        return payload;
    }

    private static KuraPayload outcome(String what, String name, Exception failure) {
        KuraPayload payload = new KuraPayload();
        payload.addMetric("dp." + what + ".status", failure == null ? "COMPLETED" : "FAILED");
        payload.addMetric("dp." + what + ".progress", failure == null ? 100 : 0);
        payload.addMetric("dp.name", name);
        if (failure != null) {
            addError(payload, "dp." + what + ".error.message", failure.getMessage());
        }
        return payload;
    }

    private static void addError(KuraPayload payload, String metric, String message) {
        if (message != null) {
            payload.addMetric(metric, message);
        }
    }

    private void publish(String messageType, KuraPayload payload) {
        payload.setTimestamp(new Date());
        payload.addMetric("client.id", clientId);
        payload.addMetric("job.id", job.id());
        try {
            job.notifications()
                    .publish(
                            new KuraMessage(
                                    payload,
                                    Map.of(
                                            "appId", APPLICATION,
                                            "messageType", messageType,
                                            "requestorClientId", job.requester())));
        } catch (KuraException e) {
            LOG.warn("Job {}: {} could not be told: {}", job.id(), messageType, e.getMessage());
        }
    }
}
