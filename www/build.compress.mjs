// Compresses the built site once, at the highest quality, so that the relay only has to choose a file.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);
const compressible = /\.(html|css|js|json|svg|txt|wasm|webmanifest)$/;

/**
 * Writes FILE.br and FILE.gz beside every compressible file under dir. Brotli at quality 11 takes about ten seconds for
 * the core, so results are kept in cacheDir by the hash of what went in. Returns [name, brotli size] of each file.
 */
export async function compressAll(dir, cacheDir) {
  await mkdir(cacheDir, { recursive: true });
  const files = (await readdir(dir, { recursive: true })).filter((name) => compressible.test(name));
  return Promise.all(files.map(async (name) => {
    const contents = await readFile(join(dir, name));
    const key = createHash('sha256').update(contents).digest('hex');
    const [br, gz] = await Promise.all([
      cached(join(cacheDir, `${key}.br`), () => brotli(contents, { params: brotliParams(contents.length) })),
      cached(join(cacheDir, `${key}.gz`), () => gzip(contents, { level: 9 })),
    ]);
    await Promise.all([writeFile(join(dir, `${name}.br`), br), writeFile(join(dir, `${name}.gz`), gz)]);
    return [name, br.length];
  }));
}

/** A window of 2^24 bytes sees the whole core at once; every browser takes it. */
function brotliParams(size) {
  return {
    [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
    [zlib.constants.BROTLI_PARAM_LGWIN]: 24,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: size,
  };
}

/** The contents of path, or what make returns, which is then kept there. The rename keeps a broken run from leaving half. */
async function cached(path, make) {
  try {
    return await readFile(path);
  } catch {
    const made = await make();
    const temporary = `${path}.${process.pid}`;
    await writeFile(temporary, made);
    await rename(temporary, path);
    return made;
  }
}
