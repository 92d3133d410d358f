package io.karu.training.anomaly;

import io.karu.learning.anomaly.GoodPart;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.Sha256;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Identity of the good parts that a model learned from: their pixels, in order. */
public final class Digests {
    private Digests() {}

    /** Good parts of a product as training data. */
    public static DataUse use(AnomalyParts product, String split) throws IOException {
        MessageDigest all = Sha256.begin();
        for (GoodPart part : product.good()) {
            GrayImage image = part.image().read();
            all.update(
                    (part.part() + '\t' + image.width() + 'x' + image.height() + '\n')
                            .getBytes(StandardCharsets.UTF_8));
            all.update(image.pixels(), 0, image.width() * image.height());
        }
        return new DataUse(
                product.product(),
                product.product().equals(MagneticTiles.PRODUCT) ? split : "",
                "training",
                Sha256.end(all),
                product.good().size());
    }
}
