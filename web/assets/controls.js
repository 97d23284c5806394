/** The buttons over the picture, and the keys that do the same. */

const kHideAfterMs = 2500;
const kVolumeKey = 'levee.volume';

const byId = (id) => document.getElementById(id);

export class Controls {
  #player;
  #video;
  #box = byId('player');
  #hideTimer = 0;
  #levelsShown = '';

  constructor(player, video, { onChat }) {
    this.#player = player;
    this.#video = video;
    this.#restoreVolume();
    this.#buttons();
    this.#keys(onChat);
    this.#hiding();
    for (const name of ['play', 'pause', 'volumechange']) video.addEventListener(name, () => this.#show());
    player.addEventListener('levels', () => this.#showLevels());
    this.#show();
  }

  /** Starts the picture as the browser allows, and offers what is then missing: sound, or a first click. */
  async start() {
    const how = await this.#player.play();
    byId('unmute').hidden = how !== 'muted' || this.#mutedByChoice();
    byId('big-play').hidden = how !== 'blocked';
    this.#show();
  }

  /** To be called a few times a second: whether the picture is at live is not told by an event. */
  refresh() {
    byId('to-live').dataset.live = String(this.#player.atLive);
  }

  #buttons() {
    byId('play').addEventListener('click', () => this.#togglePlay());
    byId('big-play').addEventListener('click', () => this.start());
    byId('mute').addEventListener('click', () => this.#toggleMute());
    byId('unmute').addEventListener('click', () => this.#toggleMute());
    byId('volume').addEventListener('input', (event) => this.#setVolume(event.target.value / 100));
    byId('to-live').addEventListener('click', () => this.#player.toLive());
    byId('full').addEventListener('click', () => this.#toggleFull());
    byId('pip').hidden = !document.pictureInPictureEnabled;
    byId('pip').addEventListener('click', () => this.#togglePip());
    byId('quality').addEventListener('change', (event) => (this.#player.level = Number(event.target.value)));
    this.#video.addEventListener('click', () => this.#tapped());
    this.#video.addEventListener('dblclick', () => this.#toggleFull());
  }

  #keys(onChat) {
    const actions = {
      ' ': () => this.#togglePlay(),
      k: () => this.#togglePlay(),
      m: () => this.#toggleMute(),
      f: () => this.#toggleFull(),
      p: () => this.#togglePip(),
      l: () => this.#player.toLive(),
      c: onChat,
      arrowup: () => this.#setVolume(this.#video.volume + 0.05),
      arrowdown: () => this.#setVolume(this.#video.volume - 0.05),
      '?': () => byId('help').showModal(),
    };
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
      const at = event.target;
      if (event.key === 'Escape' && at.matches('input')) return at.blur();
      if (at.matches('input, select, textarea, [role=log]')) return;
      if (event.key === ' ' && at.matches('button, a')) return; // the key presses what has the focus
      const action = actions[event.key.toLowerCase()];
      if (!action) return;
      event.preventDefault();
      action();
      this.#wake();
    });
  }

  // ---- showing and hiding

  #hiding() {
    for (const name of ['pointermove', 'focusin']) this.#box.addEventListener(name, () => this.#wake());
    this.#box.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && this.#rest());
    this.#wake();
  }

  #wake() {
    this.#box.classList.add('awake');
    clearTimeout(this.#hideTimer);
    this.#hideTimer = setTimeout(() => this.#rest(), kHideAfterMs);
  }

  #rest() {
    const busy = this.#video.paused || byId('controls').matches(':has(:focus-visible)');
    if (!busy) this.#box.classList.remove('awake');
  }

  #tapped() {
    // On a touch screen the first tap shows the controls; a mouse has them already.
    if (matchMedia('(hover: none)').matches) this.#wake();
    else this.#togglePlay();
  }

  #show() {
    const video = this.#video;
    const icon = (id, name) => byId(id).querySelector('use').setAttribute('href', name);
    icon('play', video.paused ? '#i-play' : '#i-pause');
    byId('play').setAttribute('aria-label', video.paused ? 'Play' : 'Pause');
    const silent = video.muted || video.volume === 0;
    icon('mute', silent ? '#i-muted' : '#i-sound');
    byId('mute').setAttribute('aria-label', silent ? 'Unmute' : 'Mute');
    byId('volume').value = silent ? 0 : Math.round(video.volume * 100);
    if (!silent) byId('unmute').hidden = true;
    if (!video.paused) byId('big-play').hidden = true;
    if (video.paused) this.#box.classList.add('awake');
  }

  #showLevels() {
    const select = byId('quality');
    const { levels, playingLevel, level } = this.#player;
    const playing = levels.find((l) => l.index === playingLevel);
    const auto = playing && level === -1 ? `Auto · ${playing.label}` : 'Auto';
    const options = [{ index: -1, label: auto }, ...levels];
    const wanted = JSON.stringify([options, level]);
    if (wanted === this.#levelsShown) return; // an open menu must not be rebuilt under the pointer for nothing
    this.#levelsShown = wanted;
    select.replaceChildren(...options.map((o) => new Option(o.label, o.index, false, o.index === level)));
    select.hidden = levels.length < 2;
  }

  // ---- doing

  #togglePlay() {
    if (this.#video.paused) this.start();
    else this.#player.pause();
  }

  #toggleMute() {
    const video = this.#video;
    video.muted = !(video.muted || video.volume === 0);
    if (!video.muted && video.volume === 0) video.volume = 0.5;
    this.#storeVolume();
  }

  #setVolume(volume) {
    this.#video.volume = Math.min(1, Math.max(0, volume));
    this.#video.muted = this.#video.volume === 0;
    this.#storeVolume();
  }

  #toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.#box.requestFullscreen) this.#box.requestFullscreen().catch(() => {});
    else this.#video.webkitEnterFullscreen?.(); // iPhones give the video alone
  }

  #togglePip() {
    if (document.pictureInPictureElement) document.exitPictureInPicture();
    else this.#video.requestPictureInPicture?.().catch(() => {});
  }

  // ---- the volume is remembered

  #mutedByChoice() {
    return localStorage.getItem(kVolumeKey)?.startsWith('-') ?? false;
  }

  #restoreVolume() {
    const stored = Number(localStorage.getItem(kVolumeKey));
    if (!stored) return;
    this.#video.volume = Math.min(1, Math.abs(stored));
    this.#video.muted = stored < 0;
  }

  #storeVolume() {
    const volume = Math.max(0.01, this.#video.volume).toFixed(2);
    localStorage.setItem(kVolumeKey, this.#video.muted ? `-${volume}` : volume);
  }
}
