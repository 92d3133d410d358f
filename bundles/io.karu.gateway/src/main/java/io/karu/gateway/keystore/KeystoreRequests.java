package io.karu.gateway.keystore;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.gateway.request.AppRequest;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore.Entry;
import java.security.KeyStore.PrivateKeyEntry;
import java.security.KeyStore.TrustedCertificateEntry;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.security.keystore.KeystoreService;

/**
 * Kura's KEYS-V1, and KEYS-V2, which takes in addition the certificate chain of a key that is
 * there. What fails behind the interface is an unexplained 500, as in Kura.
 */
class KeystoreRequests implements RequestHandler {

    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();
    private static final String ENTRIES = "keystores/entries";

    private final Map<String, KeystoreService> keystores;
    private final boolean takesChains;

    /**
     * @param keystores by {@code kura.service.pid}
     * @param takesChains whether this is KEYS-V2
     */
    KeystoreRequests(Map<String, KeystoreService> keystores, boolean takesChains) {
        this.keystores = keystores;
        this.takesChains = takesChains;
    }

    @Override
    public KuraMessage doGet(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        return switch (AppRequest.resource(request)) {
            case "keystores" -> reply(stores());
            case ENTRIES -> reply(entries(request.getPayload()));
            case ENTRIES + "/entry" -> reply(entry(body(request.getPayload())));
            default -> throw new KuraException(KuraErrorCode.BAD_REQUEST);
        };
    }

    @Override
    public KuraMessage doPost(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        String resource = AppRequest.resource(request);
        if (isEmpty(request.getPayload())) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
        JsonObject asked = body(request.getPayload());
        switch (resource) {
            case ENTRIES + "/csr" -> {
                return reply(JSON.toJsonTree(certificationRequest(asked)));
            }
            case ENTRIES + "/certificate" -> trust(asked);
            case ENTRIES + "/keypair" -> createKeyPair(asked);
            case ENTRIES + "/privatekey" -> {
                if (!takesChains) {
                    throw new KuraException(KuraErrorCode.BAD_REQUEST);
                }
                replaceChain(asked);
            }
            default -> throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
        return AppRequest.ok();
    }

    @Override
    public KuraMessage doDel(RequestHandlerContext requester, KuraMessage request)
            throws KuraException {
        if (!AppRequest.resource(request).equals(ENTRIES) || isEmpty(request.getPayload())) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
        JsonObject asked = body(request.getPayload());
        require(asked, "keystoreServicePid", "alias");
        store(asked).deleteEntry(text(asked, "alias"));
        return AppRequest.ok();
    }

    private JsonArray stores() {
        JsonArray all = new JsonArray();
        keystores.forEach(
                (pid, service) -> {
                    JsonObject store = new JsonObject();
                    store.addProperty("keystoreServicePid", pid);
                    try {
                        store.addProperty("type", service.getKeyStore().getType());
                        store.addProperty("size", service.getKeyStore().size());
                    } catch (KuraException | GeneralSecurityException e) {
                        throw new IllegalStateException(e);
                    }
                    all.add(store);
                });
        return all;
    }

    /** Certificates are told only where a store or an alias is named. */
    private JsonArray entries(KuraPayload payload) throws KuraException {
        JsonArray all = new JsonArray();
        if (isEmpty(payload)) {
            for (Map.Entry<String, KeystoreService> store : keystores.entrySet()) {
                addAll(all, store.getKey(), store.getValue(), false);
            }
            return all;
        }
        JsonObject asked = body(payload);
        String alias = text(asked, "alias");
        if (text(asked, "keystoreServicePid") != null || alias == null) {
            addAll(all, text(asked, "keystoreServicePid"), store(asked), true);
            return all;
        }
        for (Map.Entry<String, KeystoreService> store : keystores.entrySet()) {
            if (store.getValue().getAliases().contains(alias)) {
                Entry found = store.getValue().getEntry(alias);
                all.add(EntryJson.of(store.getKey(), alias, found, true).orElseThrow());
            }
        }
        return all;
    }

    private static void addAll(
            JsonArray all, String pid, KeystoreService store, boolean withCertificates)
            throws KuraException {
        store.getEntries()
                .forEach(
                        (alias, entry) ->
                                EntryJson.of(pid, alias, entry, withCertificates)
                                        .ifPresent(all::add));
    }

    private JsonElement entry(JsonObject asked) throws KuraException {
        require(asked, "keystoreServicePid", "alias");
        String alias = text(asked, "alias");
        return EntryJson.of(
                        text(asked, "keystoreServicePid"),
                        alias,
                        store(asked).getEntry(alias),
                        true)
                .orElseThrow();
    }

    private String certificationRequest(JsonObject asked) {
        X500Principal principal = new X500Principal(text(asked, "attributes"));
        return unexplained(
                () ->
                        store(asked)
                                .getCSR(
                                        text(asked, "alias"),
                                        principal,
                                        text(asked, "signatureAlgorithm")));
    }

    private void createKeyPair(JsonObject asked) throws KuraException {
        require(
                asked,
                "keystoreServicePid",
                "alias",
                "algorithm",
                "size",
                "signatureAlgorithm",
                "attributes");
        if (asked.get("size").getAsInt() == 0) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
        unexplained(
                () -> {
                    store(asked)
                            .createKeyPair(
                                    text(asked, "alias"),
                                    text(asked, "algorithm"),
                                    asked.get("size").getAsInt(),
                                    text(asked, "signatureAlgorithm"),
                                    text(asked, "attributes"));
                    return null;
                });
    }

    private void trust(JsonObject asked) throws KuraException {
        require(asked, "keystoreServicePid", "alias", "certificate");
        unexplained(
                () -> {
                    store(asked)
                            .setEntry(
                                    text(asked, "alias"),
                                    new TrustedCertificateEntry(
                                            certificates(text(asked, "certificate"))[0]));
                    return null;
                });
    }

    /** The key stays where it is; one that is sent along is refused here, and taken by Kura. */
    private void replaceChain(JsonObject asked) throws KuraException {
        require(asked, "keystoreServicePid", "alias", "certificateChain");
        if (!asked.get("certificateChain").isJsonArray()
                || asked.getAsJsonArray("certificateChain").isEmpty()) {
            throw new KuraException(KuraErrorCode.BAD_REQUEST);
        }
        if (asked.has("privateKey")) {
            throw new IllegalStateException("private keys are not taken by this gateway");
        }
        List<String> chain = new ArrayList<>();
        asked.getAsJsonArray("certificateChain").forEach(one -> chain.add(one.getAsString()));
        unexplained(
                () -> {
                    String alias = text(asked, "alias");
                    if (!(store(asked).getEntry(alias) instanceof PrivateKeyEntry present)) {
                        throw new IllegalStateException("no private key " + alias);
                    }
                    store(asked)
                            .setEntry(
                                    alias,
                                    new PrivateKeyEntry(
                                            present.getPrivateKey(),
                                            certificates(String.join("\n", chain))));
                    return null;
                });
    }

    private KeystoreService store(JsonObject asked) {
        String pid = text(asked, "keystoreServicePid");
        KeystoreService store = pid == null ? null : keystores.get(pid);
        if (store == null) {
            throw new IllegalStateException("no key store " + pid);
        }
        return store;
    }

    private interface Action<T> {
        T run() throws KuraException, GeneralSecurityException;
    }

    /** Kura wraps what its key store says into an exception of another kind. */
    private static <T> T unexplained(Action<T> action) {
        try {
            return action.run();
        } catch (KuraException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Certificate[] certificates(String pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(
                        new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))
                .toArray(new Certificate[0]);
    }

    private static void require(JsonObject asked, String... names) throws KuraException {
        for (String name : names) {
            if (!asked.has(name) || asked.get(name).isJsonNull()) {
                throw new KuraException(KuraErrorCode.BAD_REQUEST);
            }
        }
    }

    private static String text(JsonObject asked, String name) {
        return asked.has(name) && !asked.get(name).isJsonNull()
                ? asked.get(name).getAsString()
                : null;
    }

    private static boolean isEmpty(KuraPayload payload) {
        return payload.getBody() == null || payload.getBody().length == 0;
    }

    private static JsonObject body(KuraPayload payload) {
        try {
            return JsonParser.parseString(new String(payload.getBody(), StandardCharsets.UTF_8))
                    .getAsJsonObject();
        } catch (JsonParseException e) {
            throw new IllegalStateException("the body is not a JSON object", e);
        }
    }

    private static KuraMessage reply(JsonElement body) {
        return AppRequest.ok(JSON.toJson(body).getBytes(StandardCharsets.UTF_8));
    }
}
