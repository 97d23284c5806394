// OBS Studio without a screen or a wizard: its configuration, written out, under an X server of its own.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { Program, run } from './processes.mjs';

const GLOBAL = `[General]
FirstRun=true
Pre19Defaults=false
Pre21Defaults=false
Pre23Defaults=false
Pre24.1Defaults=false
EnableAutoUpdates=false
MaxLogs=10
InfoIncrement=99
LastVersion=486539266
Language=en-US
ConfirmOnExit=false
HotkeyFocusType=NeverDisableHotkeys

[Basic]
Profile=test
ProfileDir=test
SceneCollection=test
SceneCollectionFile=test
ConfigOnNewProfile=false

[BasicWindow]
PreviewEnabled=false
RecordWhenStreaming=false
WarnBeforeStartingStream=false
WarnBeforeStoppingStream=false
SysTrayEnabled=false
SysTrayWhenStarted=false
FirstRunWizard=true

[OBSWebSocket]
FirstLoad=false
ServerEnabled=false
`;

// FPSType=1 with FPSInt takes any rate; the other type takes only those that the settings window lists.
function profile({ width, height, fps, videoKbps }) {
  return `[General]
Name=test

[Output]
Mode=Advanced
Reconnect=true
RetryDelay=2
MaxRetries=25
BindIP=default
LowLatencyEnable=false

[AdvOut]
TrackIndex=1
RecType=Standard
Encoder=obs_x264
ApplyServiceSettings=true
UseRescale=false
Track1Bitrate=128

[SimpleOutput]
VBitrate=${videoKbps}
ABitrate=128
StreamEncoder=x264
Preset=ultrafast

[Video]
BaseCX=${width}
BaseCY=${height}
OutputCX=${width}
OutputCY=${height}
FPSType=1
FPSInt=${fps}
FPSCommon=30
ScaleType=bilinear
ColorFormat=NV12
ColorSpace=709
ColorRange=Partial

[Audio]
SampleRate=48000
ChannelSetup=Stereo
`;
}

function sceneItem(name, id, x, y, bounds) {
  return {
    name, id, visible: true, locked: false, rot: 0, align: 5, pos: { x, y }, scale: { x: 1, y: 1 },
    bounds_type: bounds ? 2 : 0, bounds_align: 0, bounds: bounds ?? { x: 0, y: 0 },
    crop_left: 0, crop_top: 0, crop_right: 0, crop_bottom: 0,
  };
}

// A looped film: it brings moving pictures and sound, and so no sound server is needed.
function scenes({ width, height }, film) {
  const source = (name, id, versioned_id, settings, mixers) =>
    ({ name, id, versioned_id, settings, mixers, volume: 1.0, enabled: true });
  const items = [sceneItem('Film', 1, 0, 0, { x: width, y: height }), sceneItem('Text', 2, 20, height - 70)];
  return {
    name: 'test',
    current_scene: 'Scene',
    current_program_scene: 'Scene',
    scene_order: [{ name: 'Scene' }],
    current_transition: 'Cut',
    transition_duration: 300,
    transitions: [],
    quick_transitions: [],
    groups: [],
    modules: {},
    saved_projectors: [],
    sources: [
      source('Film', 'ffmpeg_source', 'ffmpeg_source', {
        local_file: film, is_local_file: true, looping: true, restart_on_activate: true, hw_decode: false, clear_on_media_end: false,
      }, 255),
      source('Text', 'text_ft2_source', 'text_ft2_source_v2', {
        text: 'OBS', font: { face: 'DejaVu Sans Mono', size: 48, style: 'Book', flags: 0 },
      }, 0),
      source('Scene', 'scene', 'scene', { custom_size: false, id_counter: items.length, items }, 0),
    ],
  };
}

async function configure(home, server, key, film, video) {
  const config = path.join(home, '.config/obs-studio');
  const profileDir = path.join(config, 'basic/profiles/test');
  await mkdir(profileDir, { recursive: true });
  await mkdir(path.join(config, 'basic/scenes'), { recursive: true });
  await mkdir(path.join(home, 'run'), { mode: 0o700 });
  const json = (name, value) => writeFile(path.join(profileDir, name), JSON.stringify(value));
  await writeFile(path.join(config, 'global.ini'), GLOBAL);
  await writeFile(path.join(profileDir, 'basic.ini'), profile(video));
  await json('streamEncoder.json', { rate_control: 'CBR', bitrate: video.videoKbps, keyint_sec: 2, preset: 'ultrafast', profile: 'main' });
  await json('service.json', { settings: { bwtest: false, key, server, use_auth: false }, type: 'rtmp_custom' });
  await writeFile(path.join(config, 'basic/scenes/test.json'), JSON.stringify(scenes(video, film)));
}

async function startDisplay() {
  const program = new Program('Xvfb', 'Xvfb', ['-displayfd', '1', '-screen', '0', '1280x720x24', '-nolisten', 'tcp', '+extension', 'GLX']);
  const [, number] = await program.line(/^(\d+)$/);
  return { program, name: `:${number}` };
}

/**
 * Starts OBS, streaming at once to `server` with `key`, as a streamer would enter them.
 *
 * `connected()` waits until OBS says that it streams, `refused()` until it says that it cannot.
 */
export async function startObs(server, key, video = {}) {
  const shape = { width: 640, height: 360, fps: 15, videoKbps: 800, ...video };
  const home = await mkdtemp(path.join(os.tmpdir(), 'levee-obs-'));
  const film = path.join(home, 'film.mp4');
  await run('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${shape.width}x${shape.height}:rate=${shape.fps}:duration=10`,
    '-f', 'lavfi', '-i', 'sine=frequency=330:beep_factor=4:duration=10', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', film]);
  await configure(home, server, key, film, shape);
  const display = await startDisplay();
  const program = new Program('obs', 'obs', ['--multi', '--minimize-to-tray', '--disable-updater', '--disable-missing-files-check',
    '--profile', 'test', '--collection', 'test', '--scene', 'Scene', '--startstreaming'], {
    env: {
      HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), XDG_RUNTIME_DIR: path.join(home, 'run'), DISPLAY: display.name,
      // Drawn by the processor, by one thread of it.
      LIBGL_ALWAYS_SOFTWARE: '1', GALLIUM_DRIVER: 'llvmpipe', LP_NUM_THREADS: '1', QT_QPA_PLATFORM: 'xcb', NO_AT_BRIDGE: '1',
    },
  });
  const clean = async () => {
    await display.program.stop();
    await rm(home, { recursive: true, force: true });
  };
  return {
    program,
    connected: (seconds = 30) => program.line(/Streaming Start =====/, seconds),
    /** Gives OBS's code for why: -3 is a key that may not publish. */
    refused: async (seconds = 30) => Number((await program.line(/Connection to \S+ failed: (-?\d+)/, seconds))[1]),
    /** Ends OBS as its window's button does: it says goodbye to the server. */
    async stop() {
      try {
        await program.stop({ signal: 'SIGINT', seconds: 20 });
      } finally {
        await clean();
      }
    },
    /** For an OBS that shows its streamer a message: that box holds up its end. */
    async kill() {
      await program.kill();
      await clean();
    },
  };
}
