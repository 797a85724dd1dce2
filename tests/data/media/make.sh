#!/usr/bin/env bash
# Made once with Debian's ffmpeg 5.1.9, never by the program under test: the small films below, and what each shows.
# The others in this folder (av1, inter, sar, trimmed_editlist, anim) were given.
set -euo pipefail
cd "$(dirname "$0")"
quiet="-v error -y -fflags +bitexact -flags:v +bitexact"
block="-f lavfi -i color=c=gray:s=160x96:r=25:d=2,geq=lum='if(between(X,2*N,2*N+7)*between(Y,40,47),235,64)':cb=128:cr=128"
h264="-c:v libx264 -preset veryslow -crf 20 -pix_fmt yuv420p -g 12 -bf 2"
# Uneven times: 25 frames at 1/25 s, then 25 at 1/5 s.
ffmpeg $quiet $block -vf "setpts='if(lt(N,25),N,5*N-100)'" -vsync passthrough $h264 uneven.mp4
ffmpeg $quiet -i uneven.mp4 -c copy uneven.mkv
ffmpeg $quiet $block $h264 plain.mp4
cat > turn.py <<'PY'
import struct
data = bytearray(open('plain.mp4', 'rb').read())
at = data.index(b'tkhd') + 44  # the display matrix: a quarter turn clockwise, as telephones write it
data[at : at + 36] = struct.pack('>9i', 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
open('turned.mp4', 'wb').write(data)
PY
python3 turn.py && rm turn.py
ffmpeg $quiet $block -vf "scale=out_color_matrix=bt709,format=yuv420p10le" -c:v libx265 -x265-params log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc -t 0.2 hdr.mp4
ffmpeg $quiet $block -c:v mpeg4 -bf 2 -q:v 3 -t 1 order.avi
ffmpeg $quiet $block $h264 -muxdelay 0 packets.ts
ffmpeg $quiet $block -c:v libvpx-vp9 -crf 30 -b:v 0 -t 1 vp9.webm
ffmpeg $quiet -f lavfi -i sine=d=0.5 -c:a aac -b:a 16k sound.m4a
ffmpeg $quiet -i plain.mp4 -i sar.mp4 -map 0:v -map 1:v -c copy -t 0.4 two.mp4
for f in av1.mp4 inter.mp4 inter.mpg sar.mp4 trimmed_editlist.mp4 uneven.mp4 turned.mp4 hdr.mp4 order.avi packets.ts vp9.webm; do
  case $f in inter.*) how="-vf scale=interl=1" ;; sar.*) how="-vf scale=213:96:flags=bicubic" ;; *) how="" ;; esac
  ffmpeg $quiet -i $f $how -vsync passthrough -frames:v 50 -pix_fmt rgb24 -f rawvideo $f.rgb
done
python3 - <<'PY'
import glob, os, zipfile, numpy as np
shapes = {"turned.mp4": (160, 96), "sar.mp4": (96, 213)}
arrays = {f[:-4]: np.fromfile(f, np.uint8).reshape(-1, *shapes.get(f[:-4], (96, 160)), 3) for f in sorted(glob.glob("*.rgb"))}
np.savez_compressed("shown.npz", **arrays)
for f in glob.glob("*.rgb"):
    os.remove(f)
PY
