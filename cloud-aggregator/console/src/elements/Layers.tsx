import { useEffect, useRef, useState } from 'react';
import { blobUrl } from '../api/client';
import { paintHeat } from '../verdicts/heat';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Props {
  /** Digest of the image and its words. */
  image: string;
  alt: string;
  /** Digest of a gray heat map of any size and its words. */
  heatMap?: string;
  heatAlt: string;
  /** 0 hides the heat map, 1 hides what is below its hottest places. */
  heatOpacity: number;
  boxes: readonly Box[];
  className?: string;
}

/** An image under its heat map and boxes that keep their line width. */
export function Layers({ image, alt, heatMap, heatAlt, heatOpacity, boxes, className = '' }: Props) {
  const [size, setSize] = useState<{ width: number; height: number }>();
  const canvas = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    if (!heatMap) return;
    const picture = new Image();
    picture.onload = () => canvas.current && paintHeat(picture, canvas.current);
    picture.src = blobUrl(heatMap);
    return () => {
      picture.onload = null;
    };
  }, [heatMap]);

  return (
    <figure className={`karu-frame ${className}`}>
      <img
        key={image}
        src={blobUrl(image)}
        alt={alt}
        onLoad={(event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
      />
      {heatMap && <canvas ref={canvas} style={{ opacity: heatOpacity }} role="img" aria-label={heatAlt} />}
      {boxes.length > 0 && size && (
        <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          {boxes.map((box, index) => (
            <g key={index}>
              <rect className="karu-box-halo" x={box.x} y={box.y} width={box.width} height={box.height} />
              <rect className="karu-box" x={box.x} y={box.y} width={box.width} height={box.height} />
            </g>
          ))}
        </svg>
      )}
    </figure>
  );
}
