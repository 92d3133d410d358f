/**
 * Boards that were never made: aligned test and template images with known defects, deterministic
 * by seed.
 */
@Export
@Version("1.0.0")
package io.karu.vision.board;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
