/**
 * Boards that were never made: aligned test and template images with known defects, deterministic
 * by seed.
 */
package io.karu.vision.board;
